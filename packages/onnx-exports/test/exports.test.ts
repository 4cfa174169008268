import { logN, compose, selfExtend, type ContextExtension } from "@ropewalk/decoder";
import { checkModel, decode } from "@ropewalk/graph";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  expectedOf,
  exportNames,
  extend,
  goldenOf,
  largestDifference,
  open,
  type GoldenCase,
  type Runner,
} from "./exports.ts";

const extensionOf = ({ method, groupSize, window, logNContext }: GoldenCase): ContextExtension =>
  method === "none"
    ? {}
    : method === "self-extend"
      ? selfExtend({ groupSize, window })
      : compose(selfExtend({ groupSize, window }), logN({ trainedContext: logNContext }));

describe.each(exportNames)("%s, its attention rewritten", (name) => {
  const expected = expectedOf(name);
  const rewritten = () => extend(name, { extension: {} }).model;
  let runner: Runner;
  beforeAll(async () => {
    runner = await open(name, rewritten());
  });
  afterAll(() => runner?.release());

  it("is a model by the rules, and its attention is ours alone", () => {
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
        expect(largestDifference(logits!, logitsLast)).toBeLessThan(expected.tolerance);
      }
    }
    for (const { inputIds, logitsLast } of expected.checkpointGolden ?? [expected]) {
      runner.reset();
      const [logits] = await runner.step([inputIds]);
      expect(largestDifference(logits!, logitsLast)).toBeLessThan(expected.tolerance);
    }
  });

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
      prompts.map((prompt) => pad(prompt.map(() => 1), 0)),
    );
    const together = await runner.step([[7], [7]]);
    together.forEach((row, b) => expect(largestDifference(row, alone[b]!)).toBeLessThan(expected.tolerance));
  });
});

const float32 = exportNames.filter((name) => !/int4|fp16/.test(name) && !/phi-h32/.test(name));

describe.each(float32)("%s, extended", (name) => {
  const { family } = expectedOf(name);
  const { tolerance, cases } = goldenOf(family);
  const extended = cases.filter(({ method }) => method !== "none");
  it.skipIf(extended.length === 0)("gives the checkpoint's golden logits, also beyond the export's tables", async () => {
    const bySetting = Map.groupBy(extended, ({ method, groupSize, window }) => `${method} ${groupSize} ${window}`);
    for (const alike of bySetting.values()) {
      const runner = await open(name, extend(name, { extension: extensionOf(alike[0]!) }).model);
      for (const { inputIds, logitsLast } of alike) {
        for (const chunk of [inputIds.length, 7, 1]) {
          runner.reset();
          let logits: number[] = [];
          for (let at = 0; at < inputIds.length; at += chunk)
            [logits] = (await runner.step([inputIds.slice(at, at + chunk)])) as [number[]];
          expect(largestDifference(logits, logitsLast)).toBeLessThan(tolerance);
        }
      }
      await runner.release();
    }
  });
});
