/** Several texts of one length in one run have the logits of each by itself, under every layout, in chunks of any size. */
import { openFolder } from "@ropewalk/models/node";
import { exportPath } from "@ropewalk/testing/exports/export-files";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { inRepository } from "@ropewalk/testing/repository";
import { tinyCheckpoints } from "@ropewalk/testing/vectors";
import { describe, expect, it } from "vitest";
import { stories260K } from "@ropewalk/tiny-models";
import { loadModel, type LanguageModel } from "../../src/index.ts";
import { layouts } from "../guess/cases.ts";
import { backends } from "../backends.ts";

type Ids = readonly number[];

const tiny = (family: string): URL => inRepository(`${tinyCheckpoints}/${family}/`);

/** No two alike. */
const textsOf = (count: number, length: number, vocabSize: number): readonly Ids[] =>
  Array.from({ length: count }, (_, text) =>
    Array.from({ length }, (_, at) => 3 + ((at * at * (text + 2) + 7 * at + 31 * text) % (vocabSize - 3))),
  );

const together = async (model: LanguageModel, texts: readonly Ids[], chunkSize: number): Promise<Float32Array[]> => {
  const { vocabSize } = model.extended.decoder;
  const all = texts.map((ids) => new Float32Array(ids.length * vocabSize));
  const progress: number[] = [];
  await model.visitBatchLogits(
    texts,
    (start, logits) => logits.forEach((each, text) => all[text]!.set(each, start * vocabSize)),
    { chunkSize, onProgress: (done) => void progress.push(done) },
  );
  expect(progress.at(-1)).toBe(texts[0]!.length);
  return all;
};

const compare = async (model: LanguageModel, count: number, chunkSizes: readonly number[], tolerance: number) => {
  const texts = textsOf(count, 90, model.extended.decoder.vocabSize);
  const apart: Float32Array[] = [];
  for (const ids of texts) apart.push(await model.logits(ids));
  for (const chunkSize of chunkSizes) {
    const found = await together(model, texts, chunkSize);
    found.forEach((logits, text) => expect(largestDifference(logits, apart[text]!)).toBeLessThan(tolerance));
  }
};

describe.each(backends)("texts together on $name", (backend) => {
  it.each(Object.keys(layouts))("%s: as each by itself", async (name) => {
    const model = await loadModel(await openFolder(tiny("llama")), { backend, extension: layouts[name]! });
    await compare(model, 3, backend.name === "cpu" ? [512, 7, 1] : [512], 1e-4);
    await model.release();
  });

  it.each(["phi", "qwen2"])("%s: rows that rotate in part, with biases", async (family) => {
    const model = await loadModel(await openFolder(tiny(family)), { backend, extension: layouts["SelfExtend"]! });
    await compare(model, 2, [33], 1e-4);
    await model.release();
  });
});

it("a cache in 8 bits: as each by itself, as far as its rounding goes", async () => {
  const model = await loadModel(await openFolder(stories260K.url), {
    backend: backends[0]!,
    cache: "q8",
    extension: layouts["SelfExtend"]!,
  });
  await compare(model, 2, [20], 0.1);
  await model.release();
});

it("refuses texts of several lengths, none, ids outside the vocabulary, and an export, by name", async () => {
  const model = await loadModel(await openFolder(tiny("llama")), { backend: backends[0]! });
  const visit = (): void => {};
  await expect(model.visitBatchLogits([[1, 2], [1]], visit)).rejects.toThrow(
    "visitBatchLogits: texts must be of one length, got 2 at index 0 and 1 at index 1",
  );
  await expect(model.visitBatchLogits([], visit)).rejects.toThrow("visitBatchLogits: texts must be a list of lists");
  await expect(model.visitBatchLogits([[1], [100_000]], visit)).rejects.toThrow(
    "visitBatchLogits: ids must be integers",
  );
  await expect(model.visitBatchLogits([[1]], visit, { batch: 1 } as never)).rejects.toThrow(/batch/);
  await model.release();
  await expect(model.visitBatchLogits([[1]], visit)).rejects.toThrow("must not be released");
  const exported = await loadModel(exportPath("torch-dynamo-llama"), { backend: backends[0]! });
  await expect(exported.visitBatchLogits([[1]], visit)).rejects.toThrow("must be a checkpoint in safetensors");
  await exported.release();
});
