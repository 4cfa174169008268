/** Every extension of the library by flags: what they come to, what they refuse, and the same from a file. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordOf, type ContextExtension, type ExtensionRecord } from "@ropewalk/context-extension";
import { Command } from "commander";
import { afterAll, describe, expect, it } from "vitest";
import { extendedWords, extensionWords, groupsAndWindow, recordIn } from "../../src/describe/extension-in-words.ts";
import {
  checkChosen,
  extensionFrom,
  nameOf,
  withExtensionOptions,
  type ExtensionOptions,
} from "../../src/flags/extension.ts";
import { entropies, methods, type Method, type MethodRow } from "../../src/methods/methods.ts";
import { numberFlags, numberNames, type NumberName } from "../../src/flags/method-numbers.ts";

const folder = mkdtempSync(join(tmpdir(), "ropewalk-methods-"));
afterAll(() => rmSync(folder, { recursive: true }));

const saved = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** The flags of a command line, as a command's action gets them. */
const parsed = async (args: readonly string[], fallback: Method = "none"): Promise<ExtensionOptions> => {
  let options: ExtensionOptions | undefined;
  const command = withExtensionOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }), fallback);
  command.action((given: ExtensionOptions) => void (options = given));
  await command.parseAsync([...args], { from: "user" });
  return options!;
};

const run = { trainedContext: 256, length: 1000 };

const extensionOf = async (line: string, fallback?: Method): Promise<ContextExtension> =>
  extensionFrom(await parsed(line.split(" "), fallback), run);

const [yarn4, window64] = [{ kind: "yarn", factor: 4, originalContext: 256 }, 64] as const;

const cases: readonly (readonly [string, ExtensionRecord, string, string])[] = [
  ["--method none", {}, "none", "nothing"],
  [
    "--method self-extend",
    { positions: { kind: "self-extend", groupSize: 9, window: window64 } },
    "self-extend",
    "SelfExtend(groupSize 9, window 64)",
  ],
  [
    "--method self-extend --group-size 5 --window 32 --entropy log-n",
    { positions: { kind: "self-extend", groupSize: 5, window: 32 }, entropy: { kind: "log-n", trainedContext: 256 } },
    "self-extend+log-n",
    "SelfExtend(groupSize 5, window 32), log-n",
  ],
  ["--method re-rope", { positions: { kind: "re-rope", window: window64 } }, "re-rope", "ReRoPE(window 64)"],
  [
    "--method leaky-re-rope --group-size 8 --window 16",
    { positions: { kind: "leaky-re-rope", factor: 8, window: 16 } },
    "leaky-re-rope",
    "LeakyReRoPE(factor 8, window 16)",
  ],
  [
    "--method sliding-window",
    { positions: { kind: "sliding-window", window: 256 } },
    "sliding-window",
    "SlidingWindow(window 256)",
  ],
  [
    "--method string --shift-from 21 --window 8",
    { positions: { kind: "string", shiftFrom: 21, window: 8 } },
    "string",
    "STRING(shiftFrom 21, window 8)",
  ],
  [
    "--method dual-chunk --position-chunk 40 --local-size 10",
    { positions: { kind: "dual-chunk", chunkSize: 40, localSize: 10 } },
    "dual-chunk",
    "DualChunk(chunkSize 40, localSize 10)",
  ],
  [
    "--method sinks --sinks 3 --window 25",
    { positions: { kind: "sinks", sinks: 3, window: 25 } },
    "sinks",
    "Sinks(sinks 3, window 25)",
  ],
  ["--method linear", { rope: { kind: "linear", factor: 4 } }, "linear", "linear(factor 4)"],
  [
    "--method ntk-aware --factor 2.5",
    { rope: { kind: "ntk-aware", factor: 2.5 } },
    "ntk-aware",
    "ntk-aware(factor 2.5)",
  ],
  [
    "--method dynamic-ntk --factor 2 --original-context 128",
    { rope: { kind: "dynamic-ntk", factor: 2, originalContext: 128 } },
    "dynamic-ntk",
    "dynamic-ntk(factor 2, originalContext 128)",
  ],
  ["--method yarn", { rope: yarn4 }, "yarn", "yarn(factor 4, originalContext 256)"],
  [
    "--method yarn --factor 8 --beta-fast 16 --beta-slow 2 --mscale 0.7 --mscale-all-dim 0.5 --truncate no",
    { rope: { ...yarn4, factor: 8, betaFast: 16, betaSlow: 2, mscale: 0.7, mscaleAllDim: 0.5, truncate: false } },
    "yarn",
    "yarn(factor 8, originalContext 256, betaFast 16, betaSlow 2, mscale 0.7, mscaleAllDim 0.5, truncate false)",
  ],
  [
    "--method yarn --attention-factor 1.2 --truncate yes",
    { rope: { ...yarn4, attentionFactor: 1.2, truncate: true } },
    "yarn",
    "yarn(factor 4, originalContext 256, attentionFactor 1.2, truncate true)",
  ],
  ...(["uniform", "progressive"] as const).map(
    (variant) =>
      [
        `--method mr-rope --variant ${variant}`,
        { rope: { kind: "mr-rope", variant, factor: 4, originalContext: 256 } },
        "mr-rope",
        `mr-rope(variant ${variant}, factor 4, originalContext 256)`,
      ] as const,
  ),
  [
    "--method mr-rope --variant uniform --factor 8 --original-context 128 --beta-fast 16 --beta-slow 2",
    { rope: { kind: "mr-rope", variant: "uniform", factor: 8, originalContext: 128, betaFast: 16, betaSlow: 2 } },
    "mr-rope",
    "mr-rope(variant uniform, factor 8, originalContext 128, betaFast 16, betaSlow 2)",
  ],
  [
    "--method longrope --short-factor 1,1.5 --long-factor 2,4",
    { rope: { kind: "longrope", factor: 4, originalContext: 256, shortFactor: [1, 1.5], longFactor: [2, 4] } },
    "longrope",
    "longrope(factor 4, originalContext 256, shortFactor [2], longFactor [2])",
  ],
  [
    "--method llama3 --factor 8 --low-freq-factor 1 --high-freq-factor 4",
    { rope: { kind: "llama3", factor: 8, originalContext: 256, lowFreqFactor: 1, highFreqFactor: 4 } },
    "llama3",
    "llama3(factor 8, originalContext 256, lowFreqFactor 1, highFreqFactor 4)",
  ],
  ["--method abf --theta 500000", { rope: { kind: "abf", theta: 500000 } }, "abf", "abf(theta 500000)"],
  [
    "--method entropy-abf",
    { rope: { kind: "abf", theta: 500_000 }, entropy: { kind: "entropy-abf", trainedContext: 256 } },
    "entropy-abf",
    "abf(theta 500000), entropy-abf",
  ],
  [
    "--method entropy-abf --theta 40000 --exempt-layers 2",
    { rope: { kind: "abf", theta: 40_000 }, entropy: { kind: "entropy-abf", trainedContext: 256, exemptLayers: 2 } },
    "entropy-abf",
    "abf(theta 40000), entropy-abf(exemptLayers 2)",
  ],
  [
    "--entropy yarn-temperature",
    { entropy: { kind: "yarn-temperature", factor: 4 } },
    "none+yarn-temperature",
    "yarn-temperature(factor 4)",
  ],
  [
    "--method linear --factor 2 --method self-extend --group-size 4 --entropy yarn-temperature",
    {
      positions: { kind: "self-extend", groupSize: 4, window: 64 },
      rope: { kind: "linear", factor: 2 },
      entropy: { kind: "yarn-temperature", factor: 2 },
    },
    "linear+self-extend+yarn-temperature",
    "SelfExtend(groupSize 4, window 64), linear(factor 2), yarn-temperature(factor 2)",
  ],
];

describe("flags", () => {
  it.each(cases)("%s", async (line, record, name, words) => {
    const extension = await extensionOf(line);
    expect(recordOf(extension)).toEqual(record);
    expect(nameOf(await parsed(line.split(" ")))).toBe(name);
    expect(extensionWords(extension)).toBe(words);
  });

  it("reach every method and every entropy scaling", () => {
    const lines = cases.map(([line]) => line).join(" ");
    for (const method of Object.keys(methods)) expect(lines).toContain(`--method ${method}`);
    for (const entropy of Object.keys(entropies).slice(1)) expect(lines).toContain(`--entropy ${entropy}`);
    for (const name of numberNames) expect(lines).toContain(`${numberFlags[name].flag} `);
  });

  it("choose the command's own method where they ask for none", async () => {
    const none = await parsed([], "self-extend");
    expect(recordOf(extensionFrom(none, run)).positions).toEqual({ kind: "self-extend", groupSize: 9, window: 64 });
    expect(await extensionOf("--method none", "self-extend")).toEqual({});
    const scaled = saved("alone.json", JSON.stringify({ rope: yarn4 }));
    expect(recordOf(await extensionOf(`--extension ${scaled}`, "self-extend"))).toEqual({ rope: yarn4 });
  });

  it("name positions, and G and W where there are any", async () => {
    expect(extendedWords("plain", await extensionOf("--method yarn"))).toBe(
      "plain, yarn(factor 4, originalContext 256)",
    );
    const leaky = await extensionOf("--method leaky-re-rope --group-size 8 --window 16");
    expect(groupsAndWindow(leaky)).toEqual({ groupSize: 8, window: 16 });
    expect(groupsAndWindow(await extensionOf("--method linear"))).toEqual({});
  });
});

/** A value that each number's flag takes. */
const sample = (name: NumberName): string => ({ truncate: "no", variant: "uniform" })[name as string] ?? "2";

describe("what is not read is an error that names the flag:", () => {
  it.each(Object.keys(methods) as readonly Method[])("--method %s", async (method) => {
    const row: MethodRow = methods[method];
    const needed = (row.needs ?? []).flatMap((name) => [numberFlags[name].flag, sample(name)]);
    for (const name of numberNames.filter((one) => !row.reads.includes(one))) {
      const { flag } = numberFlags[name];
      const options = await parsed(["--method", method, ...needed, flag, sample(name)]);
      expect(() => extensionFrom(options, run)).toThrow(`${flag} is not read by --method ${method}, got `);
    }
    for (const name of row.needs ?? []) {
      const { flag } = numberFlags[name];
      const options: Partial<ExtensionOptions> = await parsed(["--method", method, ...needed]);
      const without = Object.fromEntries(Object.entries(options).filter(([given]) => given !== name));
      expect(() => extensionFrom(without as ExtensionOptions, run)).toThrow(
        `--method ${method} needs a ${flag}, got none`,
      );
    }
  });

  it.each<readonly [string, RegExp]>([
    ["--method linear --method yarn", /^compose: only one extension may set rope, got linear and yarn$/],
    ["--method re-rope --method self-extend", /^compose: only one extension may set positions, got .*$/],
    ["--method entropy-abf --entropy log-n", /^compose: only one extension may set entropy, got .*$/],
    [
      "--method re-rope --entropy log-n --factor 2",
      /^--factor is not read by --method re-rope with --entropy log-n, got 2$/,
    ],
    ["--method yarn --mscale 0.7", /^--mscale and --mscale-all-dim must be given both or neither, got 0.7 alone$/],
    [
      "--method yarn --attention-factor 1 --mscale 1 --mscale-all-dim 2",
      /^--mscale is not read beside --attention-factor, got 1$/,
    ],
    ["--method magic", /magic.*Allowed choices are none, self-extend, .*entropy-abf/],
    ["--entropy magic", /magic.*log-n, yarn-temperature/],
    ["--factor many", /--factor.*must be a number, got many/],
    ["--short-factor 1,,2", /--short-factor.*must be a number/],
    ["--method mr-rope --variant even", /--variant.*must be uniform or progressive, got even/],
    ["--method mr-rope --variant uniform --method yarn", /only one extension may set rope, got (mr-rope|yarn) and/],
    ["--truncate maybe", /--truncate.*must be yes or no, got maybe/],
  ])("%s", async (line, message) => {
    await expect(extensionOf(line)).rejects.toThrow(message);
  });

  it("a number that nothing can choose", async () => {
    const check = async (line: string): Promise<void> => checkChosen("extend", await parsed(line.split(" ")));
    await expect(check("--method yarn")).rejects.toThrow(
      "extend: --method yarn needs a --factor, or a --length to choose it for",
    );
    await expect(check("--method re-rope --entropy yarn-temperature")).rejects.toThrow(
      /yarn-temperature needs a --factor/,
    );
    await check("--method yarn --factor 4 --entropy log-n");
  });
});

describe("a file", () => {
  it.each(cases)("holds what %s comes to", async (line, record) => {
    const extension = await extensionOf(line);
    const alone = saved("record.json", JSON.stringify(recordIn(extension)));
    expect(recordOf(await extensionOf(`--extension ${alone}`))).toEqual(record);
    // As `inspect --json` prints it among other things.
    const report = saved("report.json", JSON.stringify({ family: "llama", extension: recordIn(extension) }));
    expect(recordOf(await extensionOf(`--extension ${report}`))).toEqual(record);
  });

  it("goes together with flags", async () => {
    const path = saved("yarn.json", JSON.stringify({ rope: yarn4 }));
    const line = `--extension ${path} --method self-extend --group-size 2 --entropy log-n`;
    expect(recordOf(await extensionOf(line))).toEqual({
      positions: { kind: "self-extend", groupSize: 2, window: 64 },
      rope: yarn4,
      entropy: { kind: "log-n", trainedContext: 256 },
    });
    expect(nameOf(await parsed(line.split(" ")))).toBe("self-extend+yarn+log-n");
    await expect(extensionOf(`--extension ${path} --method linear`)).rejects.toThrow(/rope, got yarn and linear/);
    await expect(extensionOf(`--extension ${path} --factor 2`)).rejects.toThrow(
      "--factor is not read by --extension, got 2",
    );
  });

  it.each<readonly [string, string, RegExp]>([
    ["no JSON", "{", /^--extension: .*\.json must be JSON, got /],
    ["no object", "4", /^--extension: .*\.json must be an object, got 4$/],
    ["an array", "[]", /must be an object, got/],
    ["null", "null", /must be an object, got/],
    [
      "a report on a method of one's own",
      `{"extension":null}`,
      /must hold an extension as data, got null, that of a method of one's own; --method with its module is meant\?$/,
    ],
    [
      "a key of no extension",
      `{"ropes":{}}`,
      /must have no keys but positions, rope, entropy, got "ropes"; rope is meant\?$/,
    ],
    ["an unknown mapping", `{"positions":{"kind":"magic"}}`, /^--extension: .*magic/],
    ["a window of none", `{"positions":{"kind":"re-rope","window":0}}`, /^--extension: .*window must be .*got 0/],
  ])("that holds %s is refused by its name", async (_, content, message) => {
    await expect(extensionOf(`--extension ${saved("bad.json", content)}`)).rejects.toThrow(message);
  });

  it("must be there", () =>
    expect(extensionOf(`--extension ${join(folder, "nowhere.json")}`)).rejects.toThrow(
      /nowhere\.json must be a readable file/,
    ));
});
