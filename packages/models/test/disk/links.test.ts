/** Links and names of a model's folder that lead out of it: none is followed, and nothing of what lies there is told. */
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { checkpointFolders, readBytes } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSource } from "../../src/hub.ts";
import { loadAdapter, loadCheckpoint, readJson } from "../../src/index.ts";
import { openFolder } from "../../src/node.ts";

const secret = "not for everybody";

let root: string;
let folder: string;
let outside: string;
beforeEach(() => {
  root = realpathSync(scratchFolder());
  [folder, outside] = [join(root, "model"), join(root, "outside")];
  mkdirSync(folder);
  mkdirSync(outside);
  writeFileSync(join(outside, "secret"), secret);
});
afterEach(() => rmSync(root, { recursive: true }));

const write = (name: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
};

/** Expects a refusal that names the file and where it leads, and shows nothing of what lies there. */
const refused = async (asked: Promise<unknown>, where: string, file: string, leadsTo: string): Promise<void> => {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason as Error,
  );
  expect(error).toBeInstanceOf(RangeError);
  expect(error!.message).toMatch(new RegExp(`^${where}: "${file}" must lie in ".*" itself, got `));
  expect(error!.message).toContain(leadsTo);
  expect(error!.message).not.toContain(secret);
};

describe("a link out of a model's folder", () => {
  const checkpoint = ["config.json", "generation_config.json", "model.safetensors"];
  it.each([...checkpoint, "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"])(
    "is refused, whatever it is called: %s",
    async (name) => {
      for (const file of checkpoint) if (file !== name) write(file, readBytes(checkpointFolders.llama, file));
      if (name !== "tokenizer.json") write("tokenizer.json", "{}");
      symlinkSync(join(outside, "secret"), join(folder, name));
      const load = async () => loadCheckpoint(await openFolder(folder));
      await refused(load(), "openFolder", name, `a link to "${join(outside, "secret")}"`);
    },
  );

  it.each(["adapter_config.json", "adapter_model.safetensors"])("is refused in an adapter's: %s", async (name) => {
    if (name !== "adapter_config.json")
      write("adapter_config.json", '{"peft_type":"LORA","r":1,"lora_alpha":1,"target_modules":["q_proj"]}');
    symlinkSync(join(outside, "secret"), join(folder, name));
    const load = async () => loadAdapter(await openFolder(folder));
    await refused(load(), "openFolder", name, `a link to "${join(outside, "secret")}"`);
  });

  it("is refused also by way of a folder, of another link, and through a link to the folder itself", async () => {
    write("config.json", "{}");
    symlinkSync(outside, join(folder, "onnx"));
    symlinkSync(join("..", "outside", "secret"), join(folder, "first"));
    symlinkSync("first", join(folder, "second"));
    symlinkSync(folder, join(root, "alias"));
    for (const opened of [await openFolder(folder), await openFolder(join(root, "alias"))])
      for (const name of ["onnx/secret", "first", "second"])
        await refused(opened.file(name), "openFolder", name, `a link to "${join(outside, "secret")}"`);
  });

  it("is refused for a device, which has no end, as if it were not there", async () => {
    write("config.json", "{}");
    symlinkSync("/dev/zero", join(folder, "tokenizer.json"));
    expect(await readJson(await openFolder(folder), "tokenizer.json")).toBeUndefined();
  });

  it("is followed where the caller names it: a folder, or a GGUF file, but not the file's other parts", async () => {
    const [first, other] = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"];
    writeFileSync(join(outside, first), "GGUF");
    writeFileSync(join(outside, other), "GGUF");
    symlinkSync(join(outside, first), join(folder, first));
    symlinkSync(join(outside, other), join(folder, other));
    const named = await openFolder(join(folder, first));
    expect((await named.file(first))?.external).toEqual({ kind: "path", folder: outside, file: first });
    await refused(named.file(other), "openFolder", other, `a link to "${join(outside, other)}"`);
    const whole = await openFolder(folder);
    await refused(whole.file(first), "openFolder", first, `a link to "${join(outside, first)}"`);
    symlinkSync(outside, join(root, "alias"));
    expect((await (await openFolder(join(root, "alias"))).file(other))?.external).toMatchObject({ folder: outside });
  });
});

describe("a name that leads out of a model's folder", () => {
  it("is refused where there is such a file", async () => {
    write("config.json", "{}");
    const opened = await openFolder(folder);
    for (const name of ["../outside/secret", "a/../../outside/secret"])
      await refused(opened.file(name), "openFolder", name, "one outside");
    expect(await opened.file("../outside/nothing")).toBeUndefined();
    // An absolute path is one below the folder.
    expect(await opened.file(join(outside, "secret"))).toBeUndefined();
  });

  it.each(["../outside/secret.safetensors", "/etc/passwd.safetensors", "a/b.safetensors", "..\\x.safetensors"])(
    "is refused in an index before a file is looked for: %s",
    async (shard) => {
      write("config.json", readBytes(checkpointFolders.llama, "config.json"));
      const map = { weight_map: { "model.norm.weight": shard } };
      write("model.safetensors.index.json", JSON.stringify(map));
      await expect(loadCheckpoint(await openFolder(folder))).rejects.toThrow(
        "model.norm.weight must be in a .safetensors file of the same folder, got",
      );
    },
  );
});

describe("the hub's cache", () => {
  const commit = "0123456789".repeat(4);
  const inCache = (repository: string): { readonly snapshot: string; readonly blobs: string } => {
    const own = join(root, "hub", `models--owner--${repository}`);
    const [snapshot, blobs] = [join(own, "snapshots", commit), join(own, "blobs")];
    mkdirSync(join(snapshot, "onnx"), { recursive: true });
    mkdirSync(blobs, { recursive: true });
    writeFileSync(join(blobs, "0a"), repository);
    return { snapshot, blobs };
  };

  it("leads from a snapshot to the blobs of its own repository alone", async () => {
    const [own, other] = [inCache("own"), inCache("other")];
    const link = (name: string, to: string): void =>
      symlinkSync(relative(dirname(join(own.snapshot, name)), to), join(own.snapshot, name));
    link("config.json", join(own.blobs, "0a"));
    link("onnx/model.onnx", join(own.blobs, "0a"));
    link("other.json", join(other.blobs, "0a"));
    link("ref.json", join(own.blobs, "..", "refs"));
    writeFileSync(join(own.blobs, "..", "refs"), secret);
    const opened = await openFolder(own.snapshot);
    for (const name of ["config.json", "onnx/model.onnx"])
      expect((await opened.file(name))?.external).toEqual({ kind: "path", folder: own.blobs, file: "0a" });
    await refused(opened.file("other.json"), "openFolder", "other.json", `a link to "${join(other.blobs, "0a")}"`);
    await refused(opened.file("ref.json"), "openFolder", "ref.json", "a link to");
  });

  it("does not lead out by blobs that are a link themselves", async () => {
    const { snapshot, blobs } = inCache("own");
    rmSync(blobs, { recursive: true });
    symlinkSync(outside, blobs);
    writeFileSync(join(outside, "0a"), secret);
    symlinkSync(join("..", "..", "blobs", "0a"), join(snapshot, "config.json"));
    const onDisk = await openFolder(snapshot);
    await refused(onDisk.file("config.json"), "openFolder", "config.json", `a link to "${join(outside, "0a")}"`);
    const cacheFolder = join(root, "hub");
    const offline = { cacheFolder, fetch: () => Promise.reject(new TypeError("gone")), onNotice: () => {} };
    const opened = await openSource(`owner/own@${commit}`, offline);
    await refused(opened.file("config.json"), "openHub", "config.json", `a link to "${join(outside, "0a")}"`);
  });
});

it("gives no file of any tree of links that does not lie in the folder", async () => {
  const places = ["model", "model/a", "model/a/b", "outside", "outside/c"];
  const target = fc.oneof(
    fc.constantFrom("secret", "../outside/secret", "../../outside", "..", ".", "a", "b", "c", "/", outside, folder),
    fc.constantFrom(...places).map((place) => join(root, place)),
  );
  const links = fc.array(fc.record({ at: fc.constantFrom(...places), name: fc.constantFrom("x", "y", "z"), target }), {
    maxLength: 8,
  });
  const path = fc
    .tuple(
      fc.array(fc.constantFrom("x", "y", "z", "a", "b", ".."), { maxLength: 3 }),
      fc.constantFrom("own", "own", "secret", "x"),
    )
    .map(([folders, last]) => [...folders, last]);
  write("config.json", "{}");
  for (const place of places) {
    mkdirSync(join(root, place), { recursive: true });
    writeFileSync(join(root, place, "own"), place);
  }
  const made: string[] = [];
  let [given, kept] = [0, 0];
  await fc.assert(
    fc.asyncProperty(links, fc.array(path, { minLength: 1, maxLength: 6 }), async (tree, paths) => {
      for (const link of made.splice(0)) rmSync(link);
      for (const { at, name, target: to } of tree)
        if (!made.includes(join(root, at, name))) {
          symlinkSync(to, join(root, at, name));
          made.push(join(root, at, name));
        }
      const opened = await openFolder(folder);
      for (const parts of paths) {
        const found = await opened.file(parts.join("/")).catch(() => undefined);
        if (found === undefined) kept++;
        else {
          given++;
          const { external } = found;
          expect(external).toMatchObject({ kind: "path" });
          const place = join((external as { readonly folder: string }).folder, external.file);
          expect(place.startsWith(folder + sep)).toBe(true);
          expect(new TextDecoder().decode(await found.source.read(0, found.source.size))).not.toBe(secret);
          expect(["own", "config.json"]).toContain(basename(place));
        }
      }
    }),
    { numRuns: 300 },
  );
  expect(given).toBeGreaterThan(50);
  expect(kept).toBeGreaterThan(50);
});
