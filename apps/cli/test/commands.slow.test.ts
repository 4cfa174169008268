import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { namedTask, tinyModelGoldens } from "@ropewalk/testing/vectors";
import { afterAll, describe, expect, it } from "vitest";
import { idsFile, ropewalk, scratch } from "./run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const vectors = (path: string): string => readFileSync(`${tinyModelGoldens}/${path}`, "utf8");

type Golden = {
  readonly method: {
    readonly groupSize: number | null;
    readonly window: number | null;
    readonly logNContext: number | null;
  };
  readonly inputIds: readonly number[];
  readonly logitsLast: readonly number[];
  readonly argmaxLast: number;
};

const { cases } = JSON.parse(vectors("passkey-875k/golden-logits.json")) as { readonly cases: readonly Golden[] };

describe("logits", () => {
  const runs = ["cpu", "wasm"].flatMap((backend) => cases.map((golden, index) => ({ backend, golden, index })));
  it.each(runs)("case $index on $backend meets the golden logits", async ({ backend, golden, index }) => {
    const { groupSize, window, logNContext } = golden.method;
    const { stdout, stderr, code } = await ropewalk(
      ...["logits", "passkey-875k", "--ids", idsFile(`case-${index}.json`, golden.inputIds), "--backend", backend],
      ...(groupSize === null
        ? []
        : ["--method", "self-extend", "--group-size", `${groupSize}`, "--window", `${window}`]),
      ...(logNContext === null ? [] : ["--entropy", "log-n", "--trained-context", `${logNContext}`]),
    );
    expect(code, stderr).toBe(0);
    const { last, argmaxAll } = JSON.parse(stdout) as {
      readonly last: readonly number[];
      readonly argmaxAll: readonly number[];
    };
    expect(argmaxAll).toHaveLength(golden.inputIds.length);
    expect(argmaxAll.at(-1)).toBe(golden.argmaxLast);
    golden.logitsLast.forEach((logit, token) => expect(Math.abs(logit - last[token]!)).toBeLessThan(2e-3));
    const beyond = groupSize === null && golden.inputIds.length > 256;
    expect(stderr).toMatch(beyond ? /^logits: beyond the capacity, run all the same: .*256.*988.*would fit/ : /^$/);
  });
});

describe("generate", () => {
  it("guesses, and prints the same tokens and what the guesses came to", async () => {
    const args = ["generate", "stories260K", "Tim had a red ball. Tim had a red", "--max-new-tokens", "30", "--json"];
    const run = async (...more: readonly string[]) => {
      const { stdout, stderr, code } = await ropewalk(...args, ...more);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as { readonly ids: readonly number[]; readonly guesses?: { readonly right: number } };
    };
    const plain = await run();
    expect(plain.guesses).toBeUndefined();
    for (const more of [
      ["--lookup", "2,6"],
      ["--draft-model", "stories260K", "--draft-tokens", "3"],
    ]) {
      const { ids, guesses } = await run(...more);
      expect(ids).toEqual(plain.ids);
      expect(guesses!.right).toBeGreaterThan(0);
    }
  });

  it("prints the tokens and the text as JSON", async () => {
    const ids = idsFile("bos.json", [1]);
    const { stdout } = await ropewalk(
      "generate",
      "stories260K",
      "--ids",
      ids,
      "--max-new-tokens",
      "200",
      "--temperature",
      "0",
      "--json",
    );
    const { ids: tokens, text } = JSON.parse(stdout) as { readonly ids: readonly number[]; readonly text: string };
    expect(text).toBe(vectors("stories260K/expected-greedy.txt").trimEnd());
    expect(tokens).toHaveLength(200);
  });

  it("streams the text that follows a text prompt", async () => {
    const { stdout, code } = await ropewalk(
      "generate",
      "stories260K",
      "Once",
      "upon",
      "a time",
      "--max-new-tokens",
      "10",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/there was a little girl/);
  });

  it("tells the same story with several steps a run, on the first backend that can", async () => {
    const args = ["generate", "stories260K", "Once upon a time", "--max-new-tokens", "50"];
    const [expected, severalSteps] = await Promise.all([
      ropewalk(...args, "--steps-per-run", "1"),
      ropewalk(...args, "--steps-per-run", "16", "--backend", "auto"),
    ]);
    expect(severalSteps.stdout).toBe(expected.stdout);
    expect(severalSteps.stderr).toMatch(/^backend: (cuda|cpu; not cuda: .+)\n$/);
  });

  it("samples the same text for the same seed", async () => {
    const sampled = (seed: number) =>
      ropewalk(
        "generate",
        "stories260K",
        "Once",
        "--temperature",
        "1",
        "--top-k",
        "50",
        "--seed",
        `${seed}`,
        "--max-new-tokens",
        "20",
      );
    const [first, again, other] = await Promise.all([sampled(4), sampled(4), sampled(5)]);
    expect(first.stdout).toBe(again.stdout);
    expect(first.stdout).not.toBe(other.stdout);
  });
});

describe("inspect", () => {
  it("gives the trained window, G, W, capacity and key-value bytes for a length", async () => {
    const { stdout } = await ropewalk("inspect", "passkey-875k", "--length", "4096", "--json");
    const report = JSON.parse(stdout) as Record<string, number>;
    expect(report).toMatchObject({
      trainedContext: 256,
      length: 4096,
      groupSize: 38,
      window: 64,
      capacity: 38 * (256 - 64 + 1),
    });
    expect(report["keyValueBytes"]).toBeGreaterThan(4096 * 2 * 4 * 128 * 4);
    const { stdout: text } = await ropewalk("inspect", "passkey-875k", "--length", "4096");
    for (const shown of ["256 tokens", "groupSize 38, window 64", "7334 tokens", "MB"]) expect(text).toContain(shown);
    const { stdout: scaled } = await ropewalk(
      ...["inspect", "passkey-875k", "--length", "1000", "--method", "yarn", "--entropy", "log-n"],
      ...["--quantize", "q4", "--cache", "q8"],
    );
    expect(scaled).toMatch(/^for 1000 tokens +plain, yarn\(factor 4, originalContext 256\), log-n$/m);
    expect(scaled).toMatch(/^capacity +1024 tokens$/m);
    expect(scaled).toMatch(/^weights would be +594 kB in q4$/m);
    const { stdout: short } = await ropewalk("inspect", "passkey-875k", "--length", "4096", "--method", "none");
    expect(short).toMatch(/^capacity +256 tokens, and not the 4096 asked for$/m);
  });
});

describe("passkey", () => {
  it("prints the cells of three methods as JSON, and nothing else", async () => {
    const { stdout, code } = await ropewalk(
      "passkey",
      "--lengths",
      "128,1024",
      "--depths",
      "2",
      "--trials",
      "2",
      "--json",
    );
    expect(code).toBe(0);
    const { cells, costs } = JSON.parse(stdout) as Readonly<
      Record<"cells" | "costs", readonly Record<string, unknown>[]>
    >;
    expect(cells).toHaveLength(12);
    // What the tables beside the grid show: a row a method and length.
    expect(costs.map(({ method, length }) => `${String(method)} ${String(length)}`)).toEqual(
      ["none", "self-extend", "self-extend+log-n"].flatMap((method) => [`${method} 128`, `${method} 1024`]),
    );
    expect(costs[5]).toMatchObject({
      positions: "SelfExtend(groupSize 10, window 64), log-n",
      groupSize: 10,
      window: 64,
    });
    for (const { keyValueBytes, prefillTokensPerSecond, decodeTokensPerSecond } of costs)
      for (const figure of [keyValueBytes, prefillTokensPerSecond, decodeTokensPerSecond])
        expect(figure).toBeGreaterThan(0);
    expect(new Set(cells.map(({ method }) => method))).toEqual(new Set(["none", "self-extend", "self-extend+log-n"]));
    for (const cell of cells) expect(Object.keys(cell)).toEqual(["method", "length", "depth", "found", "trials"]);
    const found = (method: string) => cells.filter((cell) => cell["method"] === method && cell["length"] === 1024);
    expect(found("self-extend+log-n").every((cell) => cell["found"] === 2)).toBe(true);
    expect(found("none").every((cell) => cell["found"] === 2)).toBe(false);
    expect(existsSync(join(scratch, "passkey.svg"))).toBe(false);
  });

  it("hides several keys, of which one is asked for, and says how many", async () => {
    const args = ["--method", "none", "--lengths", "256", "--depths", "1", "--trials", "2", "--json"];
    const named = join(scratch, "named");
    cpSync("packages/tiny-models/passkey-875k", named, { recursive: true });
    cpSync(namedTask, join(named, "task.json"));
    const { stdout, code } = await ropewalk("passkey", named, ...args, "--keys", "4");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ cells: [{ method: "none", length: 256, trials: 2 }], keys: 4 });
  });

  it("draws the grid in the terminal and as a picture, with the costs", async () => {
    const svg = join(scratch, "grid.svg");
    const { stdout, stderr } = await ropewalk(
      "passkey",
      "--lengths",
      "128,512",
      "--depths",
      "1",
      "--trials",
      "1",
      "--svg",
      svg,
    );
    expect(stdout).toMatch(/self-extend\+log-n/);
    expect(stdout).toMatch(/prefill tokens\/s/);
    expect(stderr).toMatch(/passkey: none at 512 tokens is beyond its capacity; run all the same/);
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg [\s\S]*<rect[\s\S]*<\/svg>\n$/);
  });

  it("runs one method with given numbers", async () => {
    const { stdout } = await ropewalk(
      ...["passkey", "--method", "self-extend", "--group-size", "16", "--window", "64", "--entropy", "log-n"],
      ...["--lengths", "600", "--depths", "1", "--trials", "1", "--json"],
    );
    expect(JSON.parse(stdout)).toMatchObject({ cells: [{ method: "self-extend+log-n", length: 600, trials: 1 }] });
  });
});
