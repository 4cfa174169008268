/** What is printed fits a terminal of 80 columns, whatever the names and numbers are. */
import { stripVTControlCharacters } from "node:util";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { numberFlags } from "../src/flags/method-numbers.ts";
import { ropewalk } from "../src/program.ts";
import { costsReport, renderCosts, type MethodCosts } from "../src/render/costs.ts";
import { factLines } from "../src/render/facts.ts";
import { renderGrid } from "../src/render/grid.ts";
import { renderLosses } from "../src/render/losses.ts";
import { renderSpeeds } from "../src/render/speeds.ts";
import { statsLine, statsReport } from "../src/render/stats.ts";
import { renderTable } from "../src/render/table.ts";
import { paramText } from "../src/sweep/plan/param-text.ts";
import type { PlannedCell } from "../src/sweep/plan/planned-cells.ts";
import { groupsOf } from "../src/sweep/report/result-groups.ts";
import { oneLine } from "../src/terminal/messages.ts";

const widest = (text: string): number =>
  Math.max(
    ...stripVTControlCharacters(text)
      .split("\n")
      .map((line) => line.length),
  );

const long = "dynamic-ntk+leaky-re-rope+yarn-temperature";
const words = "LeakyReRoPE(factor 123456, window 123456), yarn(factor 128, originalContext 131072), log-n";

const stats = {
  promptTokens: 131_000,
  cachedTokens: 0,
  newTokens: 20,
  prefillTime: 8000,
  decodeTime: 100,
  cacheBytes: 17_436_672_000,
};

const methods: readonly MethodCosts[] = ["none", "self-extend", long].map((method) => {
  const lengths = Array.from({ length: 11 }, (_, index) => 128 * 2 ** index);
  return {
    method,
    cells: lengths.map((length) => ({ length, depth: 0.5, found: 7, trials: 10, stats })),
    positions: new Map(lengths.map((length) => [length, words])),
    numbers: new Map(lengths.map((length) => [length, { groupSize: length, window: 64 }])),
    beyond: [131_072],
  };
});

describe("tables", () => {
  it("of losses", () => {
    const buckets = [
      { from: 0, to: 131_072, loss: 12.3456, tokens: 1_310_720 },
      { from: 131_072, to: 262_144, loss: NaN, tokens: 0 },
    ];
    const table = renderLosses({ loss: 12.3456, tokens: 1_310_720, buckets });
    expect(widest(table)).toBeLessThanOrEqual(80);
    // Where nothing is scored there is no mean.
    expect(table).not.toContain("NaN");
  });

  it.each(["self-extend", "its own extension", long])("of speeds, beside %s", (name) => {
    const own = { prefill: 0.0503, decode: 12.3, keyValueBytes: 17_436_672 };
    const table = renderSpeeds(
      ["none", name],
      [{ context: 131_072, costs: [own, { ...own, ratio: { prefill: 0.95, decode: 1.22 } }] }],
    );
    expect(widest(table)).toBeLessThanOrEqual(80);
    expect(table.replaceAll(/[^a-z-]/g, "")).toContain(name.slice(0, 8).replaceAll(/[^a-z-]/g, ""));
  });

  it("of costs, and the grid", () => {
    expect(widest(renderCosts(methods))).toBeLessThanOrEqual(80);
    const grid = renderGrid(methods);
    expect(widest(grid)).toBeLessThanOrEqual(80);
    // Nothing is left out: each method's cell at each length.
    expect(grid.match(/7\/10/g)).toHaveLength(33);
    expect(grid).toContain("131072");
  });

  it("keep every letter of a cell that is broken", () => {
    const table = renderTable(
      [
        { head: "method", align: "left" },
        { head: "n", align: "right" },
      ],
      [["x".repeat(200), "1"]],
    );
    expect(widest(table)).toBeLessThanOrEqual(80);
    expect(table.match(/x/g)).toHaveLength(200);
  });

  it("of facts", () => {
    const lines = factLines("weights would be", "1.04 MB in float32, 520 kB in float16, 316 kB in q4, 433 kB in q8");
    expect(widest(lines)).toBeLessThanOrEqual(80);
    expect(lines.replaceAll(/\n +/g, " ")).toMatch(/316 kB in q4, 433 kB in q8$/);
    expect(factLines("positions", words).split("\n")).toEqual([
      "positions          LeakyReRoPE(factor 123456, window 123456),",
      "                   yarn(factor 128, originalContext 131072), log-n",
    ]);
    const sentence = "1 of 4 layers, which the method is for: near and far by distance, from 64 on; 57.6 kB of keys";
    expect(factLines("attention", sentence).split("\n")).toEqual([
      "attention          1 of 4 layers, which the method is for: near and far by",
      "                   distance, from 64 on; 57.6 kB of keys",
    ]);
  });
});

describe("data beside a table", () => {
  it("has its numbers", () => {
    expect(costsReport(methods).at(-1)).toEqual({
      method: long,
      length: 131_072,
      positions: words,
      groupSize: 131_072,
      window: 64,
      beyondCapacity: true,
      prefillTokensPerSecond: 131_000 / 8,
      // Ten trials of two tokens each, of which one comes out of the prompt.
      decodeTokensPerSecond: 100,
      keyValueBytes: 17_436_672_000,
    });
  });

  it("and what a generation took is a line and numbers", () => {
    expect(statsLine(stats)).toBe("prompt 131,000 tokens, 16,375 tokens/s; new 20 tokens, 190 tokens/s");
    expect(widest(statsLine({ ...stats, newTokens: 100_000, decodeTime: 10_000 }))).toBeLessThanOrEqual(80);
    const behind = { ...stats, cachedTokens: 127_000 };
    expect(statsLine(behind)).toBe(
      "prompt 131,000 tokens, 127,000 tokens read before, 500 tokens/s; new 20 tokens, 190 tokens/s",
    );
    expect(statsReport(behind)).toMatchObject({ cachedTokens: 127_000, prefill: { tokensPerSecond: 500 } });
    expect(statsReport(stats)).toMatchObject({
      prefill: { milliseconds: 8000, tokensPerSecond: 16_375 },
      decode: { tokensPerSecond: 190 },
    });
    // JSON has no NaN: one token has no rate.
    expect(statsReport({ ...stats, newTokens: 1, decodeTime: 0 }).decode.tokensPerSecond).toBeNull();
  });
});

const program = await ropewalk();

describe("the help", () => {
  const helpOf = (command: Command): string => {
    let text = "";
    command.configureOutput({ writeOut: (part) => void (text += part), getOutHelpWidth: () => 80 });
    command.outputHelp();
    return text;
  };

  it("lists the commands, the shipped models and examples, in 80 columns", () => {
    const help = helpOf(program);
    expect(widest(help)).toBeLessThanOrEqual(80);
    for (const shown of ["passkey-875k, stories260K", "Examples:", "--version", "tokenize <model> [prompt...]"])
      expect(help).toContain(shown);
  });

  it.each(program.commands.map((command) => command.name()))("of %s: a method's numbers by themselves", (name) => {
    const [, numbers] = /^Numbers of methods:\n((?: .*\n)*)/m.exec(
      helpOf(program.commands.find((command) => command.name() === name)!),
    ) ?? ["", ""];
    const flags = Object.values(numberFlags).map(({ flag }) => flag);
    expect(flags).toEqual(expect.arrayContaining(numbers!.match(/^ {2}--[a-z-]+/gm)?.map((flag) => flag.trim()) ?? []));
  });

  it.each(program.commands.map((command) => command.name()))("of %s", (name) => {
    const help = helpOf(program.commands.find((command) => command.name() === name)!);
    expect(widest(help)).toBeLessThanOrEqual(80);
    expect(help).toMatch(/^ {2}\$ ropewalk /m);
    // What takes a model says which ones need no download.
    if (/^Usage: .* [<[]model[\]>]/.test(help))
      expect(help.replaceAll(/\s+/g, " ")).toContain("passkey-875k, stories260K");
  });
});

it("says of passkey alone that three methods are its default", () => {
  const said = /absent: three side by side/;
  const texts = program.commands.map((command) => [command.name(), command.helpInformation()] as const);
  const defaults = texts.filter(([, text]) => said.test(text.replaceAll(/\s+/g, " ")));
  expect(defaults.map(([name]) => name)).toEqual(["passkey"]);
});

it.each([
  ["a.txt", "a.txt"],
  [" ", '" "'],
  ["one, two", '"one, two"'],
  [["a.jsonl", "b.jsonl"], "a.jsonl b.jsonl"],
  [{ index: 0, of: 2 }, '{"index":0,"of":2}'],
  [0.5, "0.5"],
])("a sweep's parameter %j in words is %s", (value, said) => expect(paramText(value)).toBe(said));

it("a part of a sweep has its methods in the order of the whole", () => {
  const cell = (label: string, length: number): PlannedCell => {
    const evaluation = { kind: "passkey", params: { length, depth: 0.5, trials: 1, seed: 3 }, entry: 0 };
    return { hash: `${label} ${length}`, model: { label: "m" }, method: { label }, evaluation } as never;
  };
  const [group] = groupsOf([cell("b", 128), cell("a", 256)], new Map(), [
    cell("a", 128),
    cell("b", 128),
    cell("c", 128),
  ]);
  expect(group!.methods).toEqual(["a", "b"]);
});

describe("a message", () => {
  it("is one line without control characters", () =>
    expect(oneLine("error: unknown\n(did you mean it?)\n\u001B[31mred\u0007")).toBe(
      "error: unknown (did you mean it?) \\u001b[31mred\\u0007",
    ));
});
