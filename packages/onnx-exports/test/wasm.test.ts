/** A rewritten graph runs wherever the export does: here in ONNX Runtime as WebAssembly. */
import { compose, logN, selfExtend } from "@ropewalk/decoder";
import { expect, it } from "vitest";
import { expectedOf, extend, goldenOf, largestDifference, openInWasm } from "./exports.ts";

it.each(["genai-cpu-llama", "genai-cpu-phi", "torch-dynamo-llama", "torch-dynamo-op23-llama", "torch-ts-eager-llama"])(
  "%s, extended, in WebAssembly",
  async (name) => {
    const { cases, tolerance } = goldenOf(expectedOf(name).family);
    const golden = cases.find(({ method, inputIds }) => method === "self-extend+log-n" && inputIds.length === 100)!;
    const extension = compose(selfExtend(golden), logN({ trainedContext: golden.logNContext }));
    const runner = await openInWasm(name, extend(name, { extension }).model);
    await runner.step([golden.inputIds.slice(0, 90)]);
    let logits: number[] = [];
    for (const id of golden.inputIds.slice(90)) [logits] = (await runner.step([[id]])) as [number[]];
    expect(largestDifference(logits, golden.logitsLast)).toBeLessThan(tolerance);
    await runner.release();
  },
);
