/** What was read is saved and opened: the same tokens and logits; what is another's, or not whole, is refused, and leaves nothing behind. */
import { dynamicNtk, logN, selfExtend } from "@ropewalk/context-extension";
import { encodeSafetensorsHeader, inMemory, readSafetensors, type CheckpointFolder } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { inRepository } from "@ropewalk/testing/repository";
import { onnxExports } from "@ropewalk/testing/vectors";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stories260K } from "@ropewalk/tiny-models";
import { loadModel, type LanguageModel, type LoadOptions, type Prefix } from "../../src/index.ts";
import { counted } from "../counted.ts";
import { backends } from "../backends.ts";

const extension = selfExtend({ groupSize: 4, window: 64 });
const near = selfExtend({ groupSize: 2, window: 16 });
const stories = await openFolder(stories260K.url);
const ids = Array.from({ length: 400 }, (_, index) => 3 + ((index * 37 + (index % 7) * 11) % 500));

let folder = "";
beforeAll(() => void (folder = scratchFolder()));
afterAll(() => rmSync(folder, { recursive: true }));

const tokensBehind = async (model: LanguageModel, after: Prefix): Promise<readonly number[]> => {
  const tokens: number[] = [];
  for await (const token of model.generateTokens([9, 8], { after, maxNewTokens: 8, stopTokens: [] }))
    tokens.push(token);
  return tokens;
};

const saying = (act: Promise<unknown>): Promise<string> => act.then(() => "nothing", String);

describe.each(backends.flatMap((backend) => (["float32", "q8"] as const).map((cache) => ({ backend, cache }))))(
  "on $backend.name, a cache in $cache",
  ({ backend, cache }) => {
    it("a prefix that was saved and opened is as the one that was read", async () => {
      const model = await loadModel(stories, { backend, extension, cache });
      const read = await model.read(ids.slice(0, 250));
      const path = join(folder, `${backend.name} ${cache}.kv`);
      const seen: (readonly [number, number])[] = [];
      const bytes = await read.save(path, { onProgress: (...at) => seen.push(at) });
      expect(statSync(path).size).toBe(bytes);
      expect(seen.at(-1)).toEqual([bytes, bytes]);
      const opened = await model.open(path);
      expect(opened.ids).toEqual(read.ids);
      expect(await model.logits([9, 8], { after: opened })).toEqual(await model.logits([9, 8], { after: read }));
      expect(await tokensBehind(model, opened)).toEqual(await tokensBehind(model, read));
      // The same file again, out of what was opened.
      await opened.save(`${path} again`);
      expect(readFileSync(`${path} again`)).toEqual(readFileSync(path));
      await model.release();
    });
  },
);

it("a prefix is opened by another load of the same weights, and extended; an export's too", async () => {
  const exported = await openFolder(inRepository(`${onnxExports}/genai-cpu-llama/`));
  for (const source of [stories, exported]) {
    const [one, other] = await Promise.all(
      [0, 1].map(() => loadModel(source, { backend: backends[0]!, extension: near })),
    );
    const { vocabSize } = one!.extended.decoder;
    const read = await one!.read(ids.slice(0, 60).map((id) => id % vocabSize));
    const path = join(folder, "another.kv");
    await read.save(path);
    const opened = await other!.open(path);
    const more = await opened.extend([4, 5]);
    const cold = await one!.logits([...read.ids, 4, 5]);
    const logits = await other!.logits([], { after: more });
    expect(largestDifference(logits, cold.subarray(-vocabSize))).toBeLessThan(1e-4);
    await Promise.all([one!.release(), other!.release()]);
  }
});

it("keys of frequencies that depend on the length are those that were planned for", async () => {
  const model = await loadModel(stories, {
    backend: backends[0]!,
    extension: dynamicNtk({ factor: 2, originalContext: 128 }),
  });
  const read = await model.read(ids.slice(0, 300), { room: 400, beyondCapacity: "allow" });
  const path = join(folder, "dynamic.kv");
  await read.save(path);
  const opened = await model.open(path);
  expect(opened.cache.planned).toBe(700);
  expect(opened.cache.frequencies).toEqual(read.cache.frequencies);
  for (const [maxNewTokens, cachedTokens] of [
    [300, 299],
    [420, 0],
  ] as const) {
    const run = { after: opened, maxNewTokens, beyondCapacity: "allow", stopTokens: [] } as const;
    const asked = new Set<number>();
    const tokens = model.generateTokens([9, 8], { ...run, onPrefill: (_, all) => asked.add(all) });
    await tokens.next();
    await tokens.return();
    expect([...asked]).toEqual([302 - cachedTokens]);
  }
  await model.release();
});

describe("a file", () => {
  const { backend, live } = counted(backends[0]!);
  let model: LanguageModel;
  let path = "";
  let whole = new Uint8Array();
  beforeAll(async () => {
    model = await loadModel(stories, { backend, extension });
    path = join(folder, "book.kv");
    const prefix = await model.read(ids);
    await prefix.save(path);
    prefix.release();
    whole = new Uint8Array(readFileSync(path));
  });
  afterAll(() => model.release());

  const written = (bytes: Uint8Array): string => {
    const changed = join(folder, "changed.kv");
    writeFileSync(changed, bytes);
    return changed;
  };
  const opening = async (bytes: Uint8Array): Promise<string> => {
    const said = await saying(model.open(written(bytes)));
    expect(live.size).toBe(0);
    return said.replace(`open: ${join(folder, "changed.kv")}`, "F");
  };

  const openedBy = async (source: CheckpointFolder, options: Partial<LoadOptions> = {}): Promise<string> => {
    const other = await loadModel(source, { backend, extension, ...options });
    const said = await saying(other.open(path));
    await other.release();
    expect(live.size).toBe(0);
    return said.replace(`open: ${path}`, "F");
  };

  it("of other weights is refused with both: another model, one tensor tuned, rounded", async () => {
    const names = readdirSync(stories260K.url);
    const files = Object.fromEntries(
      names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, stories260K.url)))]),
    );
    const weights = files["model.safetensors"]!.slice();
    const { entries } = await readSafetensors("m", (await inMemory("m", { m: weights }).file("m"))!.source);
    weights[entries[5]!.offset + 1]! ^= 3;
    const tuned = inMemory("tuned", { ...files, "model.safetensors": weights });
    const config = JSON.parse(new TextDecoder().decode(files["config.json"])) as object;
    const other = inMemory("other", {
      ...files,
      "config.json": new TextEncoder().encode(JSON.stringify({ ...config, rms_norm_eps: 0.01 })),
    });
    const rule = (name: string) =>
      new RegExp(
        `^RangeError: F must be of this model, ${name} \\(weights [0-9a-f]{12}\\), got stories260K \\(weights [0-9a-f]{12}\\)$`,
      );
    expect(await openedBy(inMemory("the same", files))).toBe("nothing");
    expect(await openedBy(tuned)).toMatch(rule("tuned"));
    expect(await openedBy(other)).toMatch(rule("other"));
    expect(await openedBy(inMemory("stories260K", files), { quantize: "q8" })).toMatch(rule("stories260K"));
  });

  it("of another extension or precision is refused with both", async () => {
    const own = 'SelfExtend(groupSize 4, window 64) {"positions":{"groupSize":4,"kind":"self-extend","window":64}}';
    const others = {
      [`SelfExtend(groupSize 8, window 64) {"positions":{"groupSize":8,"kind":"self-extend","window":64}}`]: selfExtend(
        { groupSize: 8, window: 64 },
      ),
      [`plain {}`]: {},
    };
    for (const [words, other] of Object.entries(others))
      expect(await openedBy(stories, { extension: other })).toBe(
        `RangeError: F must be read under this model's extension, ${words}, got ${own}`,
      );
    const scaled = await openedBy(stories, { extension: { ...extension, ...logN({ trainedContext: 512 }) } });
    expect(scaled).toMatch(/^RangeError: F must be read under this model's extension, SelfExtend\(.*"entropy":/);
    expect(await openedBy(stories, { cache: "q8" })).toBe(
      "RangeError: F must have its cache in this model's precision, q8, got float32",
    );
  });

  it("that is not whole, or no file of a prefix at all, is refused", async () => {
    for (const size of [0, 7, 8, 100, 5000, whole.length >> 1, whole.length - 1])
      expect([size, await opening(whole.subarray(0, size))]).toEqual([
        size,
        expect.stringMatching(/^RangeError: F: the file must|^RangeError: F: .* data_offsets must ascend within/),
      ]);
    const random = whole.map((_, at) => (at * 7919 + (at >> 3)) % 251);
    expect(await opening(random)).toMatch(/^RangeError: F: the file must be safetensors, with a header of at most/);
    expect(await opening(new Uint8Array(readFileSync(new URL("model.safetensors", stories260K.url))))).toMatch(
      /^RangeError: F must be a prefix that save wrote, with the format "ropewalk prefix", got/,
    );
    // One bit, anywhere behind the header.
    for (const at of [whole.length - 1, whole.length - 40, whole.length >> 1]) {
      const flipped = whole.slice();
      flipped[at]! ^= 4;
      expect(await opening(flipped)).toMatch(
        /^RangeError: F must be as it was written, with contents of the hash [0-9a-f]{12}, got/,
      );
    }
    expect(await saying(model.open(join(folder, "absent.kv")))).toBe(
      `RangeError: open: ${join(folder, "absent.kv")} must be a file, got nothing`,
    );
    expect(await saying(model.open(folder))).toBe(`RangeError: open: ${folder} must be a file, got a folder`);
    expect(await saying(model.open(7 as never))).toBe("TypeError: open: path must be a path or a file: URL, got 7");
    expect(await saying(model.open(path, { room: 3 } as never))).toMatch(
      /^TypeError: open: options must have no keys but/,
    );
  });

  it("whose header lies is refused before memory is taken for it", async () => {
    const { header, entries, record } = await partsOf(whole);
    const data = whole.subarray(header);
    const withHeader = (change: {
      readonly record?: object;
      readonly tensors?: typeof entries;
      readonly format?: string;
    }): Uint8Array => {
      const metadata = {
        format: change.format ?? "ropewalk prefix",
        record: JSON.stringify({ ...record, ...change.record }),
      };
      const head = encodeSafetensorsHeader(change.tensors ?? entries, metadata);
      const bytes = new Uint8Array(head.length + data.length);
      bytes.set(head);
      bytes.set(data, head.length);
      return bytes;
    };
    const said = (change: Parameters<typeof withHeader>[0]) => opening(withHeader(change));
    expect(await said({ record: { version: 2 } })).toBe("RangeError: F: record.version must be 1, got 2");
    expect(await said({ record: { planned: 0 } })).toMatch(/^RangeError: F: planned must be an integer from 1/);
    expect(await said({ record: { planned: 2 ** 52 } })).toMatch(/must be as it was written/);
    expect(await said({ record: { settled: [128] } })).toMatch(
      /^RangeError: F: tensor 1 must be .* \[4, 128, 8\], got ".* \[4, 2\d\d, 8\]"$/,
    );
    expect(await said({ record: { settled: [9999] } })).toBe(
      "RangeError: F: settled of group 0 must be an integer from 0 to 336, got 9999",
    );
    expect(await said({ record: { settled: [] } })).toMatch(
      /^RangeError: F: settled must have a number for each of 1 groups/,
    );
    expect(await said({ record: { cache: "q2" } })).toMatch(
      /^RangeError: F: cache must be float32, float16 or q8|cache/,
    );
    expect(await said({ record: { more: 1 } })).toMatch(/^TypeError: F: record must have no keys but/);
    expect(await said({ format: "else" })).toMatch(/^RangeError: F must be a prefix that save wrote/);
    const wider = entries.map((entry, at) => (at === 1 ? { ...entry, dims: [...entry.dims, 1] } : entry));
    expect(await said({ tensors: wider })).toMatch(
      /^RangeError: F: tensor 1 must be .* \[4, \d+, 8\], got ".* \[4, \d+, 8, 1\]"$/,
    );
    const named = entries.map((entry, at) => (at === 2 ? { ...entry, name: "layers.9.x" } : entry));
    expect(await said({ tensors: named })).toMatch(/^RangeError: F: tensor 2 must be layers\.0\..*, got "layers\.9\.x/);
    const first = entries.map((entry, at) => (at === 0 ? { ...entry, name: "tokens" } : entry));
    expect(await said({ tensors: first })).toMatch(/^RangeError: F: the first tensor must be ids/);
    // An id that the vocabulary has not.
    const outside = whole.slice();
    new DataView(outside.buffer).setInt32(header + 40, 512, true);
    expect(await opening(outside)).toBe(
      "RangeError: F: ids must be integers from 0 to 511, the vocabulary, got 512 at index 10",
    );
  });

  it("stays as it was where writing another in its place fails, and its prefix may go meanwhile", async () => {
    const prefix = await model.read(ids.slice(0, 200));
    const stop = new AbortController();
    const aborted = prefix.save(path, { signal: stop.signal, onProgress: () => stop.abort(new RangeError("enough")) });
    expect(await saying(aborted)).toBe("RangeError: enough");
    expect(new Uint8Array(readFileSync(path))).toEqual(whole);
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
    const other = join(folder, "other.kv");
    const saving = prefix.save(other);
    prefix.release();
    await saving;
    expect(live.size).toBe(0);
    const back = await model.open(other);
    expect(back.ids).toEqual(ids.slice(0, 200));
    back.release();
    expect(await saying(prefix.save(path))).toMatch(
      /^TypeError: save: the prefix must be a prefix that is not released/,
    );
    const gone = model.open(path, { signal: AbortSignal.abort(new RangeError("no")) });
    expect(await saying(gone)).toBe("RangeError: no");
    expect(live.size).toBe(0);
  });

  it("cannot hold functions of one's own", async () => {
    const own = await model.withExtension({ ...extension, entropy: { kind: "custom", scale: () => 1 } });
    const prefix = await own.read([4, 5, 6]);
    expect(await saying(prefix.save(path))).toMatch(
      /^RangeError: recordOf: entropy must be numbers alone, which a file can hold/,
    );
    expect(await saying(own.open(path))).toMatch(/^RangeError: recordOf: entropy must be numbers alone/);
    prefix.release();
    expect(new Uint8Array(readFileSync(path))).toEqual(whole);
    expect(live.size).toBe(0);
  });
});

const partsOf = async (bytes: Uint8Array) => {
  const { source } = (await inMemory("m", { m: bytes }).file("m"))!;
  const { entries, metadata } = await readSafetensors("m", source);
  return { entries, header: entries[0]!.offset, record: JSON.parse(metadata["record"]!) as object };
};
