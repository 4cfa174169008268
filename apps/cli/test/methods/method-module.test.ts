/** Methods of one's own: modules that the command line is given by their paths. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { extendContext } from "@ropewalk/context-extension";
import { capacityOfBands } from "@ropewalk/position-mapping/bands";
import type { ContextExtension } from "@ropewalk/context-extension";
import { queryScale } from "@ropewalk/entropy-scaling";
import { ropeFrequencies } from "@ropewalk/rope";
import { Command } from "commander";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, describe, expect, it } from "vitest";
import { recordIn } from "../../src/describe/extension-in-words.ts";
import { extensionFrom, nameOf, withExtensionOptions, type ExtensionOptions } from "../../src/flags/extension.ts";
import { loadMethod } from "../../src/methods/method-module.ts";

const folder = scratchFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const saved = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const parsed = async (...args: readonly string[]): Promise<ExtensionOptions> => {
  let options: ExtensionOptions | undefined;
  const command = withExtensionOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }), "none");
  command.action((given: ExtensionOptions) => void (options = given));
  await command.parseAsync([...args], { from: "user" });
  return options!;
};

const run = { trainedContext: 64, length: 200 };

/** The module that the README shows. */
const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const threeBands = saved("three-bands.mjs", /```js\n(const grouped[^`]*)```/.exec(readme)![1]!);

const mine = (part: string, bands: string): string =>
  "const p = { query: (i) => i, key: (j) => j }; export default { kind: 'custom', name: 'mine', window: 4, " +
  `capacity: () => 1, remedy: () => '', bands: [${bands}], ${part} };`;

/** The same as a mapping with its functions, or within something. */
const bare = (within: (mapping: string) => string, bands: string): string => {
  const [before, mapping] = mine("", bands).replace("kind: 'custom', ", "").split("export default ");
  return `${before}export default ${within(mapping!.replace(/;$/, ""))};`;
};

type Refused = readonly [name: string, content: string, type: ErrorConstructor, message: string | RegExp];

describe("a module of --method", () => {
  it("is a mapping, in the place of a method of the library's", async () => {
    const options = await parsed("--method", threeBands, "--entropy", "log-n");
    expect(nameOf(options)).toBe(`${threeBands}+log-n`);
    const extension = extensionFrom(options, run);
    expect(extension.positions?.name).toBe("three bands");
    expect(extension.entropy).toEqual({ kind: "log-n", trainedContext: 64 });
    expect(recordIn(extension)).toBeNull();
  });

  it("of the README holds as many tokens as it says", async () => {
    const { positions } = (await loadMethod(threeBands)).extension;
    for (const trainedContext of [20, 25, 64, 100])
      expect(positions!.capacity(trainedContext)).toBe(capacityOfBands({ trainedContext }, positions!.bands));
  });

  it("is an extension, a mapping with its functions, or one that is data", async () => {
    const own = saved("own.mjs", "export default { entropy: { kind: 'custom', scale: ({ layer }) => 1 + layer } };");
    const shifted = saved("shifted.mjs", "export default { kind: 'string', shiftFrom: 21, window: 8 };");
    const mapping = saved(
      "mapping.mjs",
      "export default { name: 'all', window: Infinity, capacity: (n) => n, remedy: () => '', " +
        "bands: [{ covers: () => true, query: (i) => i, key: (j) => j }] };",
    );
    const together = extensionFrom(await parsed("--method", shifted, "--method", own, "--method", "linear"), run);
    expect([together.positions?.name, together.entropy?.kind, together.rope?.kind]).toEqual([
      "STRING(shiftFrom 21, window 8)",
      "custom",
      "linear",
    ]);
    expect(recordIn(together)).toBeNull();
    expect(recordIn((await loadMethod(shifted)).extension)).toEqual({
      positions: { kind: "string", shiftFrom: 21, window: 8 },
    });
    const model = {
      trainedContext: 64,
      slidingWindow: undefined,
      rope: { theta: 1e4, rotaryDim: 8, layout: "halves", scaling: { kind: "default" } },
    } as const;
    expect(extendContext(model, (await loadMethod(mapping)).extension).attentionPath.kind).toBe("masked");
  });

  it("shares what its bands share: one function stays one", async () => {
    const shared = saved(
      "shared.mjs",
      "const key = (j) => j; export default { kind: 'custom', name: 'mine', window: 4, capacity: () => 9, remedy: () => '', " +
        "bands: [{ from: 0, to: 4, query: (i) => i, key }, { from: 4, to: Infinity, query: () => 4, key }] };",
    );
    const [near, far] = (await loadMethod(shared)).extension.positions!.bands;
    expect(near!.key).toBe(far!.key);
    expect(far!.key(7)).toBe(7);
  });

  it.each<Refused>([
    [
      "throws.mjs",
      "throw new Error('no \\u001b[31mluck');",
      Error,
      "must be a module that loads, got no \\u001b[31mluck",
    ],
    ["broken.mjs", "export default {", Error, /must be a module that loads, got .*/],
    [
      "none.mjs",
      "export const mapping = 1;",
      TypeError,
      "must have a default export, a mapping or an extension, got mapping",
    ],
    ["number.mjs", "export default 3;", TypeError, /must export a mapping or an extension, got .* got 3$/],
    [
      "kind.mjs",
      "export default { kind: 'self_extend' };",
      RangeError,
      /scheme\.kind must be one of .*got "self_extend"$/,
    ],
    [
      "overlap.mjs",
      "const p = { query: (i) => i, key: (j) => j }; export default { kind: 'custom', name: 'mine', window: 4, " +
        "capacity: () => 1, remedy: () => '', bands: [{ from: 0, to: 9, ...p }, { from: 8, to: 12, ...p }] };",
      RangeError,
      "must export a mapping or an extension, got custom: bands of mine must not overlap, got the distances [0, 9) and [8, 12)",
    ],
    ["three.mjs", "throw 3;", Error, "must be a module that loads, got 3"],
    [
      "undefined.mjs",
      "export default undefined;",
      TypeError,
      "must have a default export, a mapping or an extension, got nothing",
    ],
    ["null.mjs", "export default null;", TypeError, /got null$/],
    ["function.mjs", "export default function mine() {};", TypeError, /got the function mine; it must be called/],
    [
      "rope.mjs",
      "export default { kind: 'custom', frequencies: () => ({ inverseFrequencies: [1] }) };",
      TypeError,
      /must be an object with positions, rope or entropy, got an object; \{ rope: … \} is meant\?$/,
    ],
    ["yarn.mjs", "export default { kind: 'yarn', factor: 4 };", TypeError, /; \{ rope: … \} is meant\?$/],
    ["log-n.mjs", "export default { kind: 'log-n', trainedContext: 64 };", TypeError, /; \{ entropy: … \} is meant\?$/],
    [
      "bare-scale.mjs",
      "export default { kind: 'custom', scale: () => 1 };",
      TypeError,
      /; \{ entropy: … \} is meant\?$/,
    ],
    ["bands.mjs", mine("", "").replace("bands:", "band:"), TypeError, /got "band"; bands is meant\?$/],
    [
      "curve.mjs",
      "export default { entropy: (i) => 1 };",
      TypeError,
      /scaling must be an object with a kind, got the function entropy$/,
    ],
    ["promise.mjs", "export default Promise.resolve({});", TypeError, /got a Promise; await is meant\?$/],
    [
      "nothing.mjs",
      "export default {};",
      TypeError,
      /extension must set positions, rope or entropy, got none of them$/,
    ],
    ["key.mjs", "export default { position: {} };", TypeError, /got "position"; positions is meant\?$/],
    [
      "name.mjs",
      mine("name: 'my\\u001b[2J'", "{ from: 0, to: Infinity, ...p }"),
      RangeError,
      /name must be a text without control characters, got "my\\u001b\[2J"$/,
    ],
    [
      "keyless.mjs",
      mine("", "{ from: 1, to: Infinity, ...p }"),
      RangeError,
      /custom: bands of mine must leave every query a key, got none of 1 for query 0$/,
    ],
    [
      "keyless-later.mjs",
      mine("", "{ covers: (i, j) => i < 30 || j < i - 40, ...p }"),
      RangeError,
      /must leave every query a key, got none of 31 for query 30$/,
    ],
    [
      "infinite.mjs",
      mine("", "{ from: 0, to: Infinity, query: (i) => 1 / (i - 7), key: p.key }"),
      RangeError,
      /custom: bands\[0\]\.query\(7\) must be finite, got Infinity$/,
    ],
    [
      "text.mjs",
      mine("", "{ from: 0, to: Infinity, query: p.query, key: (j) => `${j}` }"),
      TypeError,
      /custom: bands\[0\]\.key\(0\) must be a number, got "0"$/,
    ],
    // A mapping as the library has it, and one within an extension, are looked at as well.
    ...[(mapping: string) => mapping, (mapping: string) => `{ positions: ${mapping} }`].flatMap(
      (within, index): readonly Refused[] => [
        [
          `bare-overlap-${index}.mjs`,
          bare(within, "{ from: 0, to: 12, ...p }, { from: 10, to: Infinity, ...p }"),
          RangeError,
          /bands of mine must not overlap, got the distances \[0, 12\) and \[10, Infinity\)$/,
        ],
        [
          `bare-keyless-${index}.mjs`,
          bare(within, "{ from: 1, to: Infinity, ...p }"),
          RangeError,
          /bands of mine must leave every query a key, got none of 1 for query 0$/,
        ],
        [
          `bare-infinite-${index}.mjs`,
          bare(within, "{ from: 0, to: 4, ...p }, { from: 4, to: Infinity, query: p.query, key: (j) => 1 / (j - 7) }"),
          RangeError,
          /bands\[1\]\.key\(7\) must be finite, got Infinity$/,
        ],
      ],
    ),
    [
      "shift.mjs",
      "export default { kind: 'string', shiftFrom: 5, window: 8 };",
      RangeError,
      /string: shiftFrom must be >= window 8, got 5$/,
    ],
    [
      "local.mjs",
      "export default { kind: 'dual-chunk', chunkSize: 10, localSize: 10 };",
      RangeError,
      /dualChunk: localSize must be < chunkSize 10, got 10$/,
    ],
    [
      "scale.mjs",
      "export default { entropy: { kind: 'custom', scale: () => 0 } };",
      RangeError,
      /scale of layer 0 and position 0 must be finite and > 0, got 0$/,
    ],
    [
      "query-throws.mjs",
      mine("", "{ from: 0, to: Infinity, query: () => { throw new Error('inside'); }, key: p.key }"),
      Error,
      /query-throws\.mjs: bands\[0\]\.query must not throw, got inside$/,
    ],
  ])("%s is refused, with its path", async (name, content, type, message) => {
    const path = saved(name, content);
    const error = await parsed("--method", path).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error).toBeInstanceOf(type);
    if (typeof message === "string") expect(error!.message).toBe(`--method: ${path} ${message}`);
    else expect(error!.message).toMatch(message);
    expect(error!.message).toContain(path);
  });

  it.each<readonly [string, string, (extension: ContextExtension) => unknown]>([
    [
      "capacity",
      mine("capacity: () => { throw 'inside'; }", "{ from: 0, to: Infinity, ...p }"),
      ({ positions }) => positions!.capacity(64),
    ],
    [
      "remedy",
      mine("remedy: () => { throw 'inside'; }", "{ from: 0, to: Infinity, ...p }"),
      ({ positions }) => positions!.remedy(64, 80),
    ],
    [
      "bands[0].key",
      mine("", "{ from: 0, to: Infinity, query: p.query, key: (j) => { if (j === 3000) throw 'inside'; return j; } }"),
      ({ positions }) => positions!.bands[0]!.key(3000),
    ],
    [
      "entropy.scale",
      "export default { entropy: { kind: 'custom', scale: ({ layer }) => { if (layer > 0) throw 'inside'; return 1; } } };",
      ({ entropy }) => queryScale(entropy!, { layer: 1, position: 0 }),
    ],
    [
      "rope.frequencies",
      "export default { rope: { kind: 'custom', frequencies: () => { throw 'inside'; } } };",
      ({ rope }) => ropeFrequencies({ rotaryDim: 8, theta: 1e4, scaling: rope! }),
    ],
  ])("says which of its functions throws, later too: %s", async (name, content, call) => {
    const path = saved(`late-${name.replaceAll(/\W/g, "-")}.mjs`, content);
    const { extension } = await loadMethod(path);
    expect(() => call(extension)).toThrow(Error(`--method: ${path}: ${name} must not throw, got "inside"`));
  });

  it("that is not there, numbers that nobody reads, and a name that is none", async () => {
    await expect(parsed("--method", join(folder, "absent.mjs"))).rejects.toThrow(
      /absent\.mjs must be a module that loads, got no file of this name$/,
    );
    const options = await parsed("--method", threeBands, "--window", "3");
    expect(() => extensionFrom(options, run)).toThrow(
      RangeError(`--window is not read by --method ${threeBands}, got 3`),
    );
    const data = saved("data.json", "{}");
    await expect(parsed("--method", data)).rejects.toThrow(
      Error(`--method: ${data} must be a module that loads, got JSON; --extension ${data} is meant?`),
    );
    await expect(parsed("--extension", threeBands)).rejects.toThrow(
      TypeError(`--extension: ${threeBands} must be JSON, got a module; --method ${threeBands} is meant?`),
    );
    await expect(parsed("--method", "three-bands")).rejects.toThrow(/Allowed choices are none, self-extend/);
  });
});
