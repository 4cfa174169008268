/**
 * GGUF files that gguf-py wrote, whose golden logits are those of the weights that gguf-py dequantizes: exactly, where weights are unpacked; where the
 * place multiplies blocks, it rounds activations to 8 bits too.
 */
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import { convertCheckpoint, holdFiles, inMemory, loadCheckpoint, readJson } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { checkpointFolders } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { expectGolden, type GoldenLogits } from "@ropewalk/testing/goldens/expect-golden";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { logitsRow } from "@ropewalk/testing/numbers/logits-row";
import { readRepositoryJson, repositoryPath } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel, type LanguageModel } from "../../src/index.ts";

const names = ["llama-dense", "llama-legacy", "llama-k", "qwen2-k"];

const pathOf = (name: string): string => repositoryPath(`${ggufVectors}/${name}.gguf`);

const casesOf = (name: string): readonly GoldenLogits[] =>
  readRepositoryJson<{ readonly cases: readonly GoldenLogits[] }>(`${ggufVectors}/${name}.golden-logits.json`).cases;

const exact = [{ ...cpu(), quantizedWeights: "unpacked" as const }, wasm()];

describe.each(exact.flatMap((backend) => names.map((name) => ({ backend, place: backend.name, name }))))(
  "$name on $place, unpacked",
  ({ backend, name }) => {
    let model: LanguageModel;
    beforeAll(async () => (model = await loadModel(pathOf(name), { backend })));
    afterAll(() => model.release());

    it("gives the logits of the dequantized weights, in chunks of 1, 7 and all", async () => {
      for (const golden of casesOf(name)) await expectGolden(model, golden);
    });
  },
);

describe.each(names)("%s on cpu, in blocks", (name) => {
  let model: LanguageModel;
  beforeAll(async () => (model = await loadModel(pathOf(name), { backend: cpu() })));
  afterAll(() => model.release());

  it("gives the likeliest token but for near ties, and logits as near as activations in 8 bits are", async () => {
    for (const { inputIds, logitsLast, argmaxAll } of casesOf(name)) {
      const { vocabSize } = model.extended.decoder;
      const logits = await model.logits(inputIds);
      expect(largestDifference(logitsRow(logits, vocabSize, inputIds.length - 1), logitsLast)).toBeLessThan(0.25);
      const missed = argmaxAll.map((token, at) => {
        const own = logitsRow(logits, vocabSize, at);
        return Math.max(...own) - own[token]!;
      });
      expect(Math.max(...missed)).toBeLessThan(0.25);
      expect(missed.filter((miss) => miss === 0).length).toBeGreaterThan(0.85 * missed.length);
    }
  });
});

it("a GGUF file gives the logits of the same weights as a checkpoint, under SelfExtend too", async () => {
  const ids = Array.from({ length: 700 }, (_, at) => (at * 37) % 500);
  const extensions: readonly ContextExtension[] = [{}, selfExtend({ groupSize: 8, window: 128 })];
  for (const extension of extensions) {
    const [gguf, checkpoint] = await Promise.all(
      [pathOf("stories260K-f32"), checkpointFolders.stories260K].map((source) =>
        loadModel(source, { backend: cpu(), extension }),
      ),
    );
    const [own, other] = [await gguf!.logits(ids), await checkpoint!.logits(ids)];
    expect(largestDifference(own, other)).toBeLessThan(1e-4);
    await gguf!.release();
    await checkpoint!.release();
  }
});

it.each(names)("%s converted into a folder gives the logits of the dequantized weights", async (name) => {
  const stored = await loadCheckpoint(await openFolder(pathOf(name)));
  const files = await convertCheckpoint(await stored.gguf!.asCheckpoint(), undefined);
  const folder = await holdFiles(name, files);
  expect(await readJson(folder, "config.json")).not.toHaveProperty("rope_interleave");
  const model = await loadModel(folder, { backend: cpu() });
  for (const golden of casesOf(name)) await expectGolden(model, golden);
  await model.release();
});

it("a file in memory is loaded as one on a disk is", async () => {
  const bytes = new Uint8Array(readFileSync(pathOf("llama-k")));
  const folder = { ...inMemory("dropped.gguf", { "dropped.gguf": bytes }), gguf: "dropped.gguf" };
  const model = await loadModel(folder, { backend: exact[0]! });
  expect(model.source.name).toBe("dropped");
  for (const golden of casesOf("llama-k")) await expectGolden(model, golden);
  await model.release();
});
