import { speedCurves } from "@ropewalk/charts";
import { repositoryPath } from "@ropewalk/testing/repository";
import { onnxExports } from "@ropewalk/testing/vectors";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { median, summary, tokensOf } from "../../src/bench/measure-costs.ts";
import { randomIds } from "../../src/bench/random-ids.ts";
import { file, ropewalk, scratch } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

type Rate = { readonly tokensPerSecond: number; readonly millisecondsPerToken: number };

type Report = {
  readonly runs: readonly {
    readonly context: number;
    readonly method: string;
    readonly positions: string;
    readonly beyondCapacity: boolean;
    readonly prefill: Rate;
    readonly decode: Rate;
    readonly keyValueBytes: number;
  }[];
  readonly ratios: readonly {
    readonly context: number;
    readonly prefill: number;
    readonly decode: number;
    readonly keyValueBytes: number;
  }[];
  readonly peakMemoryBytes: number;
};

const quick = ["--contexts", "16,32", "--steps", "2", "--rounds", "1"];
const bench = (...args: readonly string[]) => ropewalk("bench", "stories260K", ...quick, ...args);
const grouped = ["--method", "self-extend", "--group-size", "4", "--window", "8"];

/** Keys and values of one token in one layer of stories260K, in bytes: 4 heads of 8. */
const rowBytes = 2 * 4 * 8 * 4;

describe("bench", () => {
  it("measures an export alone that was written for its own extension", async () => {
    const source = repositoryPath(`${onnxExports}/torch-dynamo-llama`);
    const written = join(scratch, "own-extension");
    const extended = ["--group-size", "4", "--window", "8", "--runtime", "ropewalk", "--output", written];
    expect(await ropewalk("extend", source, ...extended)).toMatchObject({ code: 0 });
    const { stdout, stderr, code } = await ropewalk("bench", written, ...quick, "--json");
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^bench: the extended model is measured alone, since the plain one cannot run: .*\n$/);
    const { runs, ratios } = JSON.parse(stdout) as Report;
    expect(runs.map(({ context, method }) => [context, method])).toEqual([
      [16, "its own extension"],
      [32, "its own extension"],
    ]);
    expect(ratios).toEqual([]);
  });

  it.each(["cpu", "wasm"])("prints the costs side by side as JSON, and nothing else, on %s", async (backend) => {
    const { stdout, stderr, code } = await bench(...grouped, "--backend", backend, "--json");
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    const { runs, ratios, peakMemoryBytes } = JSON.parse(stdout) as Report;
    expect(runs.map(({ context, method, positions }) => [context, method, positions])).toEqual([
      [16, "none", "plain"],
      [16, "self-extend", "SelfExtend(groupSize 4, window 8)"],
      [32, "none", "plain"],
      [32, "self-extend", "SelfExtend(groupSize 4, window 8)"],
    ]);
    for (const run of runs) {
      expect(Object.keys(run)).toEqual([
        "context",
        "method",
        "positions",
        ...(run.method === "none" ? [] : ["groupSize", "window"]),
        "beyondCapacity",
        "prefill",
        "decode",
        "keyValueBytes",
      ]);
      expect(run.beyondCapacity).toBe(false);
      expect(run.keyValueBytes).toBeGreaterThanOrEqual(5 * rowBytes * (run.context + 2));
      for (const { tokensPerSecond, millisecondsPerToken } of [run.prefill, run.decode]) {
        expect(millisecondsPerToken).toBeGreaterThan(0);
        expect(tokensPerSecond * millisecondsPerToken).toBeCloseTo(1000, 6);
      }
    }
    expect(JSON.parse(stdout)).toMatchObject({ backend, steps: 2, rounds: 1 });
    // Of one round the ratio is that of the times beside it.
    expect(ratios.map(({ context }) => context)).toEqual([16, 32]);
    ratios.forEach((ratio, index) => {
      const [plain, extended] = [runs[2 * index]!, runs[2 * index + 1]!];
      for (const kind of ["prefill", "decode"] as const)
        expect(ratio[kind]).toBeCloseTo(extended[kind].millisecondsPerToken / plain[kind].millisecondsPerToken, 6);
      expect(ratio.keyValueBytes).toBe(extended.keyValueBytes / plain.keyValueBytes);
    });
    expect(peakMemoryBytes).toBeGreaterThan(10_000_000);
    expect(existsSync(join(scratch, "bench.svg"))).toBe(false);
  });

  it("prints a table and draws the curves, by default of self-extend chosen for the longest run", async () => {
    const { stdout, stderr, code } = await ropewalk("bench", "passkey-875k", "--trained-context", "24", ...quick);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^bench: beyond the capacity, run all the same: .*24.*plain.*got 34; .*\n$/);
    const positions = /^self-extend: (SelfExtend\(groupSize \d+, window \d+\))$/m.exec(stdout)?.[1];
    expect(positions).toBeDefined();
    for (const head of ["prefill tokens/s", "decode tokens/s", "ms/token", "key-value memory"])
      expect(stdout).toContain(head);
    for (const context of [16, 32])
      for (const method of ["none", "self-extend", "self-extend / none"])
        expect(stdout).toMatch(new RegExp(`│ +${context} │ ${method} +│`));
    expect(stdout).toMatch(/Peak memory of the process: [\d.]+ [MG]B\.\n\nThe same as curves: bench\.svg\n$/);
    const svg = readFileSync(join(scratch, "bench.svg"), "utf8");
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    for (const label of [
      "passkey-875k on cpu",
      "prefill, milliseconds per token",
      "decode, milliseconds per token",
      "context, tokens (logarithmic)",
      "16",
      "32",
      "none: plain",
      `self-extend: ${positions}`,
      "trained window 24",
    ])
      expect(svg).toContain(`>${label}<`);
    // In each panel and in the legend.
    expect(svg.match(/<path class="model-[01]"/g)).toHaveLength(6);
    expect(svg.match(/<circle /g)).toHaveLength(8);
  });

  it("measures the model alone where no extension is asked for", async () => {
    const { stdout } = await bench("--method", "none", "--json");
    const { runs, ratios } = JSON.parse(stdout) as Report;
    expect(runs.map(({ method }) => method)).toEqual(["none", "none"]);
    expect(ratios).toEqual([]);
  });

  it("takes log-n alone as an extension", async () => {
    const { stdout } = await bench("--method", "none", "--entropy", "log-n", "--json");
    const methods = (JSON.parse(stdout) as Report).runs.map(({ method }) => method);
    expect(methods).toEqual(["none", "none+log-n", "none", "none+log-n"]);
  });

  it("measures beyond the capacity and says so", async () => {
    const { stdout, stderr } = await bench(...grouped, "--window", "16", "--trained-context", "20", "--json");
    const { runs } = JSON.parse(stdout) as Report;
    expect(runs.map(({ beyondCapacity }) => beyondCapacity)).toEqual([false, false, true, true]);
    expect(stderr).toMatch(
      /^bench: beyond .* of plain .*\nbench: beyond .* of SelfExtend\(groupSize 4, window 16\) .*\n$/,
    );
  });
});

describe("what is measured", () => {
  it("is the median, and the median of each round's own ratio", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    const rounds = [
      [1, 2],
      [10, 30],
      [4, 2],
    ].map((round) => round.map((cost) => ({ prefill: cost, decode: 2 * cost, keyValueBytes: 8 })));
    expect(summary(rounds)).toEqual([
      { prefill: 4, decode: 8, keyValueBytes: 8 },
      { prefill: 2, decode: 4, keyValueBytes: 8, ratio: { prefill: 2, decode: 2 } },
    ]);
  });

  it("counts the tokens of all runs and of those before them", () =>
    expect(tokensOf({ contexts: [16, 32], steps: 2, rounds: 3, seed: 0 }, 2)).toBe(2 * (18 + 3 * (18 + 34))));

  it("runs ids of the vocabulary, the same for a seed", () => {
    const [ids, again, other] = [7, 7, 8].map((seed) => randomIds({ vocabSize: 100, seed }, 5000));
    expect(ids).toEqual(again);
    expect(ids).not.toEqual(other);
    expect([Math.min(...ids!), Math.max(...ids!)]).toEqual([0, 99]);
    expect(new Set(ids).size).toBe(100);
  });
});

describe("the picture", () => {
  const drawn = (times: readonly number[]): string =>
    speedCurves({
      title: "a < b",
      names: ["none"],
      marks: [],
      contexts: times.map((time, index) => ({
        context: 2 ** index,
        costs: [{ prefill: time, decode: time, keyValueBytes: 0 }],
      })),
    });

  it("begins its scale at 0 and ends it where nothing is higher", () => {
    const ticks = [...drawn([3, 7]).matchAll(/class="down">([\d.]+)</g)].map(([, tick]) => Number(tick));
    expect(ticks.slice(0, ticks.length / 2)).toEqual([0, 2, 4, 6, 8]);
  });

  it("holds one context, and a name that is markup", () => {
    const svg = drawn([0.25]);
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(svg).toContain("a &#60; b");
  });
});

const notAFolder = file("picture.svg", "");

const cases: readonly (readonly [string, readonly string[], string])[] = [
  ["contexts that descend", ["--contexts", "32,16"], "ropewalk: bench: --contexts must ascend, got 16 behind 32"],
  ["a context twice", ["--contexts", "16,16"], "ropewalk: bench: --contexts must ascend, got 16 behind 16"],
  ["a context of 0", ["--contexts", "0,16"], "ropewalk: bench: --contexts must be a positive integer, got 0"],
  [
    "a context that is no integer",
    ["--contexts", "1.5"],
    "ropewalk: bench: --contexts must be a positive integer, got 1.5",
  ],
  ["contexts that are no numbers", ["--contexts", "16,many"], "must be a number, got many"],
  ["no steps", ["--steps", "0"], "ropewalk: bench: --steps must be a positive integer, got 0"],
  ["no rounds", ["--rounds", "-1"], "ropewalk: bench: --rounds must be a positive integer, got -1"],
  ["no chunk", ["--chunk-size", "0"], "ropewalk: bench: --chunk-size must be a positive integer, got 0"],
  ["a seed that is no integer", ["--seed", "0.5"], "ropewalk: bench: --seed must be an integer, got 0.5"],
  ["an unknown method", ["--method", "magic"], "magic"],
  [
    "a flag without its method",
    ["--method", "none", "--group-size", "4"],
    "--group-size is not read by --method none, got 4",
  ],
  ["a window beyond the trained one", ["--group-size", "2", "--window", "513"], "513"],
  ["a picture in no folder", ["--svg", join(scratch, "no", "a.svg")], "a.svg must be a writable file, got ENOENT"],
  ["a picture in a file", ["--svg", join(notAFolder, "a.svg")], "a.svg must be a writable file, got ENOTDIR"],
  ["a picture that is a folder", ["--svg", scratch], "must be a writable file, got EISDIR"],
];

describe("bad input is an error in one line and a non-zero exit", () => {
  it.each(cases)("%s", async (_, args, message) => {
    const { stdout, stderr, code } = await bench(...args);
    expect({ stdout, failed: code !== 0 }, stderr).toEqual({ stdout: "", failed: true });
    expect(stderr).toContain(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).not.toMatch(/onnxruntime/i);
  });
});
