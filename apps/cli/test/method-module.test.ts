/** Methods of one's own: modules that the command line is given by their paths. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extendContext } from "@ropewalk/context-extension";
import { capacityOfBands } from "@ropewalk/position-mapping/bands";
import { Command } from "commander";
import { afterAll, describe, expect, it } from "vitest";
import { recordIn } from "../src/describe.ts";
import { extensionFrom, nameOf, withExtensionOptions, type ExtensionOptions } from "../src/extension-options.ts";
import { loadMethod } from "../src/method-module.ts";

const folder = mkdtempSync(join(tmpdir(), "ropewalk-method-"));
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
const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const threeBands = saved("three-bands.mjs", /```js\n(const grouped[^`]*)```/.exec(readme)![1]!);

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
      ...["STRING(shiftFrom 21, window 8)", "custom", "linear"],
    ]);
    expect(recordIn(together)).toBeNull();
    expect(recordIn((await loadMethod(shifted)).extension)).toEqual({
      positions: { kind: "string", shiftFrom: 21, window: 8 },
    });
    const model = {
      ...{ trainedContext: 64, slidingWindow: undefined },
      rope: { theta: 1e4, rotaryDim: 8, layout: "halves", scaling: { kind: "default" } },
    } as const;
    expect(extendContext(model, (await loadMethod(mapping)).extension).layout.kind).toBe("masked");
  });

  it.each([
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

  it("that is not there, numbers that nobody reads, and a name that is none", async () => {
    await expect(parsed("--method", join(folder, "absent.mjs"))).rejects.toThrow(
      /absent\.mjs must be a module that loads/,
    );
    const options = await parsed("--method", threeBands, "--window", "3");
    expect(() => extensionFrom(options, run)).toThrow(
      RangeError(`--window is not read by --method ${threeBands}, got 3`),
    );
    await expect(parsed("--method", "three-bands")).rejects.toThrow(/Allowed choices are none, self-extend/);
  });
});
