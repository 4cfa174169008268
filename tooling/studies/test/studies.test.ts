/** What a study keeps, how it cuts its text, and what its tables say. */
import { ignoredLabel } from "@ropewalk/decoder/training";
import { passkeyIn, type PasskeyLanguage } from "@ropewalk/evals";
import { recipeNames } from "@ropewalk/finetune";
import { openModel } from "@ropewalk/generation";
import { readJson } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k } from "@ropewalk/tiny-models";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { describe, expect, it } from "vitest";
import { renderTable } from "../src/render/table.ts";
import { runCells } from "../src/run/cells.ts";
import { openResults } from "../src/run/results.ts";
import { beyondTable } from "../src/beyond/report.ts";
import { lengths, onTops, retrievalCells } from "../src/retrieval/cells.ts";
import { keysTable, learnedTable } from "../src/retrieval/report.ts";
import { samplesOf } from "../src/retrieval/work.ts";
import {
  heldOutSamples,
  methods,
  nameOf,
  referenceCells,
  seqLen,
  tableCells,
  trainSamples,
  type TuningCell,
  type TuningResult,
} from "../src/tuning/cells.ts";
import { entropyTable, firstBelow, passedAt, referenceTable, stepsTable } from "../src/tuning/report.ts";
import { behind, cutSamples } from "../src/tuning/text.ts";

const file = (): string => join(scratchFolder(), "deep", "results.jsonl");
const subject = { model: "m", weights: "w" };

describe("results", () => {
  it("are there for the next run, whatever the order of a cell's keys; a line that was not finished is not", () => {
    const path = file();
    const first = openResults<{ a: number; b?: string }, { x: number }>(path, subject);
    first.add({ a: 1, b: "two" }, { x: 3 });
    first.add({ a: 2 }, { x: 4 });
    appendFileSync(path, '{"cell":{"a":3},"resu');
    const second = openResults<{ a: number; b?: string }, { x: number }>(path, subject);
    expect(second.get({ b: "two", a: 1 })).toEqual({ x: 3 });
    expect(second.get({ a: 3 })).toBeUndefined();
    second.add({ a: 3 }, { x: 5 });
    const third = openResults<{ a: number; b?: string }, { x: number }>(path, subject);
    expect([1, 2, 3].map((a) => third.get(a === 1 ? { a, b: "two" } : { a })?.x)).toEqual([3, 4, 5]);
  });

  it("of something else are refused", () => {
    const path = file();
    openResults(path, subject);
    expect(() => openResults(path, { ...subject, weights: "other" })).toThrow(
      `openResults: ${path} must be of {"model":"m","weights":"other"}, got {"model":"m","weights":"w"}`,
    );
  });
});

describe("runCells", () => {
  const work = (body: string): URL => {
    const path = join(scratchFolder(), "work.mjs");
    writeFileSync(path, `export const open = async (setup) => async (cell) => { ${body} };`);
    return new URL(`file://${path}`);
  };

  it("does what is missing, in order, by workers that share it", async () => {
    const results = file();
    openResults<{ n: number }, number>(results, subject).add({ n: 2 }, 400);
    const study = { module: work("return cell.n * setup.by"), setup: { by: 10 }, workers: 2, results, subject };
    const cells = [1, 2, 3, 4].map((n) => ({ n }));
    const done: number[] = [];
    const found = await runCells<{ by: number }, { n: number }, number>(study, cells, ({ n }) => done.push(n));
    expect(cells.map((cell) => found.get(cell))).toEqual([10, 400, 30, 40]);
    expect(done.toSorted()).toEqual([1, 3, 4]);
    await runCells<{ by: number }, { n: number }, number>(study, cells, () => done.push(0));
    expect(done).not.toContain(0);
  });

  it("keeps what was done before a cell failed, and says why", async () => {
    const results = file();
    const study = {
      module: work("if (cell.n === 2) throw new Error('two is bad'); return cell.n"),
      setup: undefined,
      workers: 1,
      results,
      subject,
    };
    const cells = [1, 2, 3].map((n) => ({ n }));
    await expect(runCells(study, cells, () => {})).rejects.toThrow("two is bad");
    expect(readFileSync(results, "utf8").split("\n").slice(1)).toEqual(['{"cell":{"n":1},"result":1}', ""]);
  });
});

describe("the text", () => {
  const cut = (count: number) => {
    const ids = Array.from({ length: count }, (_, at) => at);
    return cutSamples(ids, ids);
  };

  it("is held out from what is learned, whether or not samples share tokens", () => {
    for (const count of [400_000, 308_000, 270_000]) {
      const { train, heldOut, stride } = cut(count);
      expect(heldOut).toHaveLength(heldOutSamples * seqLen + 1);
      expect(heldOut.at(-1)).toBe(count - 1);
      expect(train).toHaveLength(trainSamples);
      expect(new Set(train.map(({ ids }) => ids.length))).toEqual(new Set([seqLen]));
      expect(train.at(-1)!.ids.at(-1)!).toBeLessThan(heldOut[0]!);
      expect(train[1]!.ids[0]).toBe(stride);
      expect(stride).toBeLessThanOrEqual(seqLen);
    }
    expect(cut(400_000).stride).toBe(seqLen);
    expect(() => cut(100_000)).toThrow("cutSamples: ids must be at least 104449, got 100000");
  });

  it("is learned behind the trained window alone, where beginnings are none of it", () => {
    expect(behind([9, 1, 7, 1, 5], 1, 1).labels).toEqual([ignoredLabel, ignoredLabel, 7, ignoredLabel, 5]);
  });
});

it("prompts are learned with their answers, or their answers alone", async () => {
  const folder = await openFolder(passkey875k.url);
  const { text } = await openModel(folder);
  const task = passkeyIn((await readJson(folder, "task.json")) as PasskeyLanguage);
  const [answers, all] = (["answer", "all"] as const).map((learned) => samplesOf(task, text!, learned));
  for (const [at, { ids, labels }] of answers!.entries()) {
    expect(ids.length).toBeGreaterThan(1000);
    expect(ids.length).toBeLessThanOrEqual(1024);
    expect(labels!.filter((label) => label !== ignoredLabel)).toEqual(ids.slice(-5));
    expect(text!.decode(ids)).toContain(`the pass key is ${text!.decode(ids.slice(-5))} . remember it`);
    expect(all![at]).toEqual({ ids, labels: ids });
  }
  expect(new Set(answers!.map(({ ids }) => text!.decode(ids.slice(-5)))).size).toBeGreaterThan(95);
});

describe("the tables", () => {
  const config = { batchSize: 1, heldOut: 16 };
  const results = (loss: (cell: TuningCell) => readonly number[] | undefined) => ({
    get: (cell: TuningCell): TuningResult | undefined => {
      const losses = loss(cell);
      return losses && { losses, progress: [], seconds: 1 };
    },
  });

  it("fit into 80 columns, empty and full", () => {
    const keys = lengths.flatMap((length) => onTops.map((onTop) => ({ length, onTop, found: 20, trials: 20 })));
    const tops = [{ get: () => undefined }, { get: () => ({ found: keys, loss: 1, seconds: 1 }) }];
    const layers = Array.from({ length: 5 }, () => ({ inside: 4.25, behind: 6.5 }));
    const everywhere = { get: () => ({ losses: Array.from({ length: 16 }, () => 6.789), seconds: 1 }) };
    const others = [
      ...tops.flatMap((found) => [keysTable(found, 4, "none"), learnedTable(found, 4)]),
      entropyTable(
        "60 steps",
        methods.map((method) => ({ method, result: { layers } })),
      ),
      beyondTable(everywhere, { length: 8192, windows: 12, bucket: 512 }),
    ];
    for (const found of [results(() => undefined), results(() => [1.5, 2.5, 3.5, 4.5])])
      for (const table of [referenceTable(found), stepsTable(found, config), ...others])
        for (const line of table.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  });

  it("have means behind the window, and their differences", () => {
    const found = results(({ method, steps }) =>
      method === "plain" ? [1.6, 1.7, 1.8, 1.9] : [9, 2, 2, 2 - steps / 10],
    );
    const rows = referenceTable(found)
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.trim()));
    expect(rows[2]!.slice(1, -1)).toEqual(["plain, untuned", "1.800", "1.85", "-0.05", "+0.00", "+0.00"]);
    expect(rows.find(([, name]) => name === "ABF, 6 steps")!.slice(2, -1)).toEqual([
      "1.800",
      "1.89",
      "-0.09",
      "+0.00",
      "+0.04",
    ]);
    expect(rows.at(-1)!.slice(1, 4)).toEqual(["plain, inside", "1.800", "1.72"]);
  });

  it("say the fewest steps below the goal, and nothing where it is not known", () => {
    const losses = (...values: readonly (number | undefined)[]) => values.map((loss, at) => ({ steps: at * 10, loss }));
    expect(firstBelow(1.5, losses(2, 1.6, 1.4, 1.3))).toBe("20");
    expect(firstBelow(1.2, losses(2, 1.6, 1.4, 1.3))).toBe("> 30");
    expect(firstBelow(1.2, losses(2, 1.6, undefined, 1.1))).toBe("-");
    expect(firstBelow(undefined, losses(1))).toBe("-");
    const progress = [2, 1.4, 1.3].map((loss, at) => ({ step: at * 5, loss }));
    expect([1.5, 1].map((goal) => passedAt(goal, { progress }))).toEqual(["5", "> 10"]);
  });

  it("ask for every cell once, under names of their own", () => {
    const cells = [...referenceCells, ...tableCells(config)];
    const keys = cells.map((cell) => JSON.stringify(cell));
    expect(new Set(keys).size).toBe(keys.length);
    const tuned = cells.filter(({ steps }) => steps > 0);
    expect(new Set(tuned.map(nameOf)).size).toBe(tuned.length);
    expect(tuned).toHaveLength(4 + recipeNames.length * 4 * 3);
    const retrieval = retrievalCells(2).map((cell) => JSON.stringify(cell));
    expect(new Set(retrieval).size).toBe(retrieval.length);
  });

  it("are Markdown", () => {
    expect(renderTable(["a", "number"], [["long name", "1"]])).toBe(
      "| a         | number |\n| --------- | -----: |\n| long name |      1 |",
    );
  });
});
