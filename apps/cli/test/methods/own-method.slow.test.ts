/** Methods out of modules, in every command: a mapping of three bands, and scalings that are functions. */
import { existsSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { onnxExports } from "@ropewalk/testing/vectors";
import { afterAll, describe, expect, it } from "vitest";
import { file, idsFile, ropewalk, scratch } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const mapping = resolve("examples/my-mapping/my-mapping.ts");
const scalings = resolve("examples/my-scalings/my-scalings.ts");

const ids = idsFile("ids.json", [1, 403, 407, 261, 378]);
const story = file("story.txt", "Once upon a time, there was a little girl named Lily. ".repeat(20));
const model = "stories260K";

const reportOf = async (...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> => {
  const { stdout, stderr, code } = await ropewalk(...args);
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>;
};

describe.each([
  ["a mapping", mapping, "my mapping"],
  ["scalings", scalings, "plain, custom rope(factor 4), custom entropy"],
])("%s of one's own", (_, module, words) => {
  const method = ["--method", module];

  it("in generate, logits and perplexity", async () => {
    const generated = await reportOf("generate", model, "--ids", ids, "--max-new-tokens", "4", "--json", ...method);
    expect(generated).toMatchObject({ method: module, positions: words, newTokens: 4 });
    const { last } = await reportOf("logits", model, "--ids", ids, ...method);
    expect(last).toHaveLength(512);
    const asked = ["--text", story, "--length", "128", "--windows", "1", "--json"];
    const losses = await reportOf("perplexity", model, ...asked, ...method);
    expect(losses).toMatchObject({ method: module, positions: words, tokens: 128 });
  });

  it("in passkey, by several workers, which load it themselves", async () => {
    const asked = ["--lengths", "128,192", "--depths", "1", "--trials", "1", "--workers", "2", "--json"];
    const { cells, costs } = await reportOf("passkey", "passkey-875k", ...asked, ...method);
    expect(cells).toEqual([128, 192].map((length) => ({ method: module, length, depth: 0.5, found: 1, trials: 1 })));
    expect(costs).toEqual([128, 192].map((length) => expect.objectContaining({ length, positions: words })));
  });

  it("in inspect, with the module's path, and not as data", async () => {
    const { stdout } = await ropewalk("inspect", model, ...method);
    expect(stdout).toContain(`method from        ${module}\n`);
    expect(stdout).toContain(`for 512 tokens     ${words}\n`);
    const report = await reportOf("inspect", model, "--json", ...method);
    expect(report).toMatchObject({ method: module, positions: words.split(",")[0], extension: null });
    const kept = file("kept.json", JSON.stringify(report));
    const { stderr, code } = await ropewalk("logits", model, "--ids", ids, "--extension", kept);
    expect(code).toBe(1);
    expect(stderr).toMatch(/must hold an extension as data, got null, .* --method with its module is meant\?\n$/);
  });

  it("in bench", async () => {
    const asked = ["--contexts", "32", "--steps", "2", "--rounds", "1", "--json"];
    const { runs } = await reportOf("bench", model, ...asked, ...method);
    expect(runs).toContainEqual(expect.objectContaining({ method: module, positions: words }));
  });

  it("is refused where it would have to be stored, before anything is learned", async () => {
    const output = join(scratch, "tuned");
    const asked = ["--data", story, "--length", "64", "--output", output];
    const { stderr, code, stdout } = await ropewalk("finetune", model, ...asked, ...method);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      "ropewalk: finetune: the extension must be one that a file can hold, for the tuned folder says it, got " +
        `${module}: ${words.replace("plain, ", "")}, whose functions its module alone has\n`,
    );
    expect(existsSync(output)).toBe(false);
  });
});

it("a cache in 8 bits is refused where no token settles, with the mapping's name", async () => {
  const { stderr, code } = await ropewalk("logits", model, "--ids", ids, "--method", mapping, "--cache", "q8");
  expect(code).toBe(1);
  expect(stderr).toMatch(/q8 needs tokens that leave the window and are still attended, got my mapping\n$/);
});

describe("an export", () => {
  const folder = resolve(`${onnxExports}/genai-cpu-llama`);

  it("runs under any bands on the project's cache", async () => {
    const few = idsFile("few.json", [3, 10, 17, 24, 31]);
    const { last } = await reportOf("logits", folder, "--ids", few, "--method", mapping);
    const { last: plain } = await reportOf("logits", folder, "--ids", few);
    // All of them are near.
    (last as readonly number[]).forEach((logit, at) => expect(logit).toBeCloseTo((plain as readonly number[])[at]!, 4));
  });

  const oneBand = file(
    "one-band.mjs",
    "export default { kind: 'custom', name: 'mine', window: 4, capacity: () => 99, remedy: () => '', " +
      "bands: [{ from: 0, to: Infinity, query: (i) => i, key: (j) => j }] };",
  );

  it.each<readonly [string, string, readonly string[], RegExp]>([
    [
      "scalings that are functions",
      scalings,
      ["--runtime", "ropewalk"],
      /recordOf: rope must be numbers alone.* got one of kind custom, whose functions the module that made it has\n$/,
    ],
    [
      "frequencies that may depend on the length",
      scalings,
      [],
      /frequencies must not depend on the length.*, got custom\n$/,
    ],
    [
      "a mapping of functions",
      oneBand,
      ["--runtime", "ropewalk"],
      /recordOf: positions must be a mapping with a config, got mine without, whose functions the module that made it has\n$/,
    ],
    [
      "bands that are not near and far",
      mapping,
      [],
      /bands must be .* for runtime "portable", got \[0, 64\) and \[64, 512\) and \[512, Infinity\) of my mapping\n$/,
    ],
  ])("stores none: %s", async (_, module, flags, message) => {
    const output = join(scratch, "longer");
    const { stderr, code } = await ropewalk("extend", folder, "--output", output, "--method", module, ...flags);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(existsSync(output)).toBe(false);
  });
});
