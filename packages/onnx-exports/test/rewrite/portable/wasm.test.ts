/** A rewritten graph runs in ONNX Runtime as WebAssembly. */
import { compose, logN, selfExtend } from "@ropewalk/context-extension";
import { expectedOf, extend, goldenOf } from "@ropewalk/testing/exports/export-files";
import { open, openInWasm } from "@ropewalk/testing/exports/run-export";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import type { Tensor } from "onnxruntime-node";
import { expect, it } from "vitest";

it.each(["genai-cpu-llama", "genai-cpu-phi", "torch-dynamo-llama", "torch-dynamo-op23-llama", "torch-ts-eager-llama"])(
  "%s, extended, in WebAssembly",
  async (name) => {
    const { cases, tolerance } = goldenOf(expectedOf(name).family);
    const golden = cases.find(({ method, inputIds }) => method === "self-extend+log-n" && inputIds.length === 100)!;
    const extension = compose(
      selfExtend({ groupSize: golden.groupSize, window: golden.window }),
      logN({ trainedContext: golden.logNContext }),
    );
    const runner = await openInWasm(name, extend(name, { extension }).model);
    await runner.step([golden.inputIds.slice(0, 90)]);
    let logits: number[] = [];
    for (const id of golden.inputIds.slice(90)) [logits] = (await runner.step([[id]])) as [number[]];
    expect(largestDifference(logits, golden.logitsLast)).toBeLessThan(tolerance);
    await runner.release();
  },
);

it.each(["maps", "entropies"] as const)("attention %s are those of the CPU, in WebAssembly", async (attentions) => {
  const name = "genai-cpu-llama";
  const { model } = extend(name, { extension: selfExtend({ groupSize: 4, window: 16 }), attentions });
  const ids = Array.from({ length: 90 }, (_, i) => 3 + ((i * 7) % 100));
  const [wasm, cpu] = [await openInWasm(name, model), await open(name, model)];
  for (const runner of [wasm, cpu]) await runner.step([ids]);
  for (const layer of [0, 1, 2]) {
    const [ours, theirs] = [wasm, cpu].map(
      (runner) => runner.results()[`decoder_attentions.${layer}`] as Tensor & { readonly data: Float32Array },
    );
    expect(ours!.dims).toEqual(theirs!.dims);
    expect(largestDifference(Array.from(ours!.data), Array.from(theirs!.data))).toBeLessThan(1e-5);
  }
  for (const runner of [wasm, cpu]) await runner.release();
});
