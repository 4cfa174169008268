import { logN, compose, selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import { checkModel, decode } from "@ropewalk/graph";
import {
  expectedOf,
  exportNames,
  extend,
  goldenOf,
  modelOf,
  withoutRounding,
  type GoldenCase,
} from "@ropewalk/testing/exports/export-files";
import { open, type Runner } from "@ropewalk/testing/exports/run-export";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const extensionOf = ({ method, groupSize, window, logNContext }: GoldenCase): ContextExtension =>
  method === "none"
    ? {}
    : method === "self-extend"
      ? selfExtend({ groupSize, window })
      : compose(selfExtend({ groupSize, window }), logN({ trainedContext: logNContext }));

/**
 * Products with 4-bit matrices round activations to 8 bits (accuracy_level 4), so a difference of 1e-6 can change a rounding and the
 * result by 0.1. This happens in one decode step of one export.
 */
const flips: Readonly<Record<string, number>> = { "genai-cpu-llama3-int4": 0.15 };

/** How far logits may be from those of the checkpoint whose weights were rounded to 4 bits. */
const roundedWeights = 1;

describe.each(exportNames)("%s, its attention rewritten", (name) => {
  const expected = expectedOf(name);
  const tolerance = flips[name] ?? expected.tolerance;
  const rewritten = () => extend(name, { extension: {} }).model;
  let runner: Runner;
  beforeAll(async () => {
    runner = await open(name, rewritten());
  });
  afterAll(() => runner?.release());

  it("is a valid model, and has no attention of the export", () => {
    const model = decode(rewritten());
    expect(() => checkModel(model)).not.toThrow();
    expect(model.graph!.node.filter(({ opType }) => /Attention/.test(opType))).toEqual([]);
  });

  it("gives the export's logits, for prompts and for decoding", async () => {
    for (const { inputIds, decode: steps } of expected.cases ?? []) {
      runner.reset();
      await runner.step([inputIds]);
      for (const { inputId, logitsLast } of steps) {
        const [logits] = await runner.step([[inputId]]);
        expect(largestDifference(logits!, logitsLast)).toBeLessThan(tolerance);
      }
    }
    const golden = expected.checkpointGolden;
    for (const { inputIds, logitsLast } of golden ?? [expected]) {
      runner.reset();
      const [logits] = await runner.step([inputIds]);
      const most = golden && name.endsWith("int4") ? roundedWeights : tolerance;
      expect(largestDifference(logits!, logitsLast)).toBeLessThan(most);
    }
  });

  it.skipIf(!name.endsWith("int4") || name.includes("qdq") || !expected.runsOnCpu)(
    "gives them closely where no rounding can flip",
    async () => {
      const runners = [
        await open(name, withoutRounding(modelOf(name))),
        await open(name, withoutRounding(rewritten())),
      ];
      for (const { inputIds, decode: steps } of expected.cases!)
        for (const ids of [inputIds, ...steps.map(({ inputId }) => [inputId])]) {
          if (ids === inputIds) for (const each of runners) each.reset();
          const [theirs, ours] = [await runners[0]!.step([ids]), await runners[1]!.step([ids])];
          expect(largestDifference(ours[0]!, theirs[0]!)).toBeLessThan(1e-4);
        }
      for (const each of runners) await each.release();
    },
  );

  it("gives each prompt of a padded batch the logits it has alone", async () => {
    const long = expected.checkpointGolden?.[1]?.inputIds ?? expected.inputIds;
    const prompts = [long, long.slice(3, 12)];
    const alone: number[][] = [];
    for (const prompt of prompts) {
      runner.reset();
      await runner.step([prompt]);
      alone.push((await runner.step([[7]]))[0]!);
    }
    runner.reset();
    const width = prompts[0]!.length;
    const pad = (row: readonly number[], filler: number): number[] => [
      ...Array.from({ length: width - row.length }, () => filler),
      ...row,
    ];
    await runner.step(
      prompts.map((prompt) => pad(prompt, 0)),
      prompts.map((prompt) =>
        pad(
          prompt.map(() => 1),
          0,
        ),
      ),
    );
    const together = await runner.step([[7], [7]]);
    together.forEach((row, b) => expect(largestDifference(row, alone[b]!)).toBeLessThan(expected.tolerance));
  });
});

const unrounded = exportNames.filter((name) => !/int4|phi-h32|llama3/.test(name));

describe.each(unrounded)("%s, extended", (name) => {
  const { family } = expectedOf(name);
  const { tolerance: float32, cases } = goldenOf(family);
  // Half precision.
  const tolerance = name.endsWith("fp16") ? 0.02 : float32;
  const extended = cases.filter(({ method }) => method !== "none");
  const labelOf = ({ method, groupSize, window }: GoldenCase): string => `${method} ${groupSize} ${window}`;
  const settings = [...new Set(extended.map(labelOf))].map((label) => ({
    label,
    alike: extended.filter((one) => labelOf(one) === label),
  }));
  it.each(settings)("$label: the checkpoint's golden logits, also beyond the export's tables", async ({ alike }) => {
    const runner = await open(name, extend(name, { extension: extensionOf(alike[0]!) }).model);
    for (const { inputIds, logitsLast } of alike)
      for (const chunk of [inputIds.length, 7, 1]) {
        runner.reset();
        let logits: number[] = [];
        for (let at = 0; at < inputIds.length; at += chunk)
          [logits] = (await runner.step([inputIds.slice(at, at + chunk)])) as [number[]];
        expect(largestDifference(logits, logitsLast)).toBeLessThan(tolerance);
      }

    // All prompts in one batch, padded on the left to the longest.
    const width = Math.max(...alike.map(({ inputIds }) => inputIds.length));
    const padded = (filler: number, row: readonly number[]): readonly number[] => [
      ...Array.from({ length: width - row.length }, () => filler),
      ...row,
    ];
    runner.reset();
    const together = await runner.step(
      alike.map(({ inputIds }) => padded(5, inputIds)),
      alike.map(({ inputIds }) =>
        padded(
          0,
          inputIds.map(() => 1),
        ),
      ),
    );
    alike.forEach(({ logitsLast }, row) =>
      expect(largestDifference(together[row]!, logitsLast)).toBeLessThan(tolerance),
    );
    await runner.release();
  });
});
