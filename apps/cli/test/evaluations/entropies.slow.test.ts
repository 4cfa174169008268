import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tinyModelGoldens } from "@ropewalk/testing/vectors";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "../../src/program.ts";
import { renderEntropies, renderEntropiesOfAll } from "../../src/render/entropies.ts";
import { file, idsFile, ropewalk, scratch } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const story = readFileSync(`${tinyModelGoldens}/stories260K/expected-greedy.txt`, "utf8");
const stories = file("stories.txt", story.repeat(4));
const asked = ["entropies", "stories260K", "--text", stories];

type Mean = { readonly mean: number; readonly heads: readonly number[] };
type Report = {
  readonly method: string;
  readonly positions: string;
  readonly trainedContext: number;
  readonly drift: number;
  readonly layers: readonly { readonly layer: number; readonly inside: Mean; readonly beyond: Mean }[];
};

describe("entropies", () => {
  it("of methods side by side as JSON: nearer to those inside under Entropy-ABF than under its base alone", async () => {
    const numbers = ["--trained-context", "128", "--length", "512", "--bucket", "128", "--theta", "40000"];
    const { stdout, code } = await ropewalk(...asked, ...numbers, "--method", "abf,entropy-abf", "--json");
    expect(code).toBe(0);
    const [base, scaled] = (JSON.parse(stdout) as { readonly runs: readonly Report[] }).runs as [Report, Report];
    expect([base.method, scaled.method, base.trainedContext]).toEqual(["abf", "entropy-abf", 128]);
    expect(base.layers.map(({ layer, inside }) => [layer, inside.heads.length])).toEqual(
      [0, 1, 2, 3, 4].map((layer) => [layer, 8]),
    );
    expect(base.layers.map(({ inside }) => inside)).toEqual(scaled.layers.map(({ inside }) => inside));
    expect(scaled.drift).toBeLessThan(0.8 * base.drift);
    expect(existsSync(join(scratch, "entropies.svg"))).toBe(false);
  });

  it("as a table and a picture, and a map of a layer as another", async () => {
    const [table, map] = await Promise.all([
      ropewalk(...asked, "--length", "256", "--layers", "1,3", "--bucket", "128"),
      ropewalk(
        ...asked,
        "--map",
        "3:1",
        "--length",
        "20",
        "--method",
        "none,self-extend",
        "--group-size",
        "2",
        "--window",
        "4",
      ),
    ]);
    expect([table.code, map.code], table.stderr + map.stderr).toEqual([0, 0]);
    expect(table.stdout).toContain("│  positions │ layer 1 │ layer 3 │");
    expect(table.stdout).toMatch(/│ +128-256 │ +\d\.\d{3} │ +\d\.\d{3} │/);
    expect(table.stdout).toContain("The same by position, as curves: entropies.svg");
    expect(readFileSync(join(scratch, "entropies.svg"), "utf8")).toContain("layer 3");
    expect(map.stdout).toBe(
      "plain: layer 3, head 1, 20 tokens\nSelfExtend(groupSize 2, window 4): layer 3, head 1, 20 tokens\n\nWhat attends to what: attention.svg\n",
    );
    expect(readFileSync(join(scratch, "attention.svg"), "utf8").match(/by its logarithm/g)).toHaveLength(2);
  });

  it.each<readonly [readonly string[], string]>([
    [["--layers", "5"], "entropies: --layers[0] must be an integer from 0 to 4, got 5"],
    [["--layers", "0,0"], "entropies: --layers must name a layer once, got 0 twice"],
    [["--bucket", "0"], "entropies: --bucket must be a positive integer, got 0"],
    [["--length", "1"], "entropies: length must be an integer >= 2, got 1"],
    [["--length", "99999"], "entropies: the text of --text must have at least 100000 tokens"],
    [["--map", "5"], "entropies: the layer of --map must be an integer from 0 to 4, got 5"],
    [["--map", "1", "--layers", "1"], "entropies: --layers must be absent beside --map, got 1"],
    [["--map", "1", "--length", "2049"], "entropies: --length with --map must be an integer from 2 to 2048, got 2049"],
    [["--map", "1:8", "--length", "8"], "entropies: the head of --map must be an integer from 0 to 7, got 8"],
    [["--map", "1", "--length", "8", "--bucket", "64"], "entropies: --bucket must be absent beside --map, got 64"],
    [["--map", "1", "--length", "8", "--windows", "2"], "entropies: --windows must be absent beside --map, got 2"],
    [["--map", "1", "--length", "8", "--workers", "2"], "entropies: --workers must be absent beside --map, got 2"],
  ])("refuses %j", async (args, words) => {
    await expect(run([...asked, "--json", ...args])).rejects.toThrow(words);
  });
});

describe("tables", () => {
  const mean = (value: number) => ({ mean: value, heads: [value] });
  const report = (count: number) => ({
    trainedContext: 8,
    drift: 0.25,
    layers: Array.from({ length: count }, (_, layer) => ({
      layer,
      inside: mean(1),
      beyond: layer === 0 ? null : mean(1.25),
      buckets: [{ from: 0, to: 16, ...mean(layer) }],
    })),
  });

  it("of many layers, and of many methods, fit a terminal", () => {
    const methods = Array.from({ length: 5 }, (_, at) => ({ name: `m${at}`, words: "plain", report: report(2) }));
    for (const text of [renderEntropies(report(14)), renderEntropiesOfAll(methods)])
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(renderEntropies(report(14)).match(/layer \d+/g)).toHaveLength(14);
    expect(renderEntropiesOfAll(methods).match(/1\.000, 1\.250/g)).toHaveLength(5);
    expect(renderEntropiesOfAll(methods).match(/1\.000, -/g)).toHaveLength(5);
  });
});

describe("logits --attentions", () => {
  const ids = idsFile("ids.json", [1, 403, 407, 261, 378]);
  const logits = (...args: readonly string[]) => ropewalk("logits", "stories260K", "--ids", ids, ...args);

  it("gives what queries attend to beside the logits, chunk by chunk", async () => {
    const [plain, maps] = await Promise.all([
      logits(),
      logits("--attentions", "maps", "--layers", "2", "--chunk-size", "3"),
    ]);
    const [without, within] = [plain, maps].map(
      ({ stdout }) => JSON.parse(stdout) as Readonly<Record<string, unknown>>,
    );
    expect(Object.keys(without!)).toEqual(["last", "argmaxAll"]);
    expect(within!["argmaxAll"]).toEqual(without!["argmaxAll"]);
    expect(within!["attentions"]).toMatchObject([
      { start: 0, layers: [{ layer: 2, dims: [8, 3, 3] }] },
      { start: 3, layers: [{ layer: 2, dims: [8, 2, 5] }] },
    ]);
  });

  it.each<readonly [readonly string[], string]>([
    [["--layers", "1"], "logits: --layers is not read without --attentions, got 1"],
    [["--attentions", "maps", "--layers", "9"], "visitAttentions: layers[0] must be an integer from 0 to 4, got 9"],
  ])("refuses %j", async (args, words) => {
    await expect(run(["logits", "stories260K", "--ids", ids, ...args])).rejects.toThrow(words);
  });
});
