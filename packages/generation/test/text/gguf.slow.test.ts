/** The TinyStories Llama as GGUF files: texts, greedily from BOS. */
import { cpu } from "@ropewalk/backend-node";
import { readRepositoryJson, readRepositoryText, repositoryPath } from "@ropewalk/testing/repository";
import { ggufVectors, tinyModelGoldens } from "@ropewalk/testing/vectors";
import { expect, it } from "vitest";
import { loadModel, type LanguageModel } from "../../src/index.ts";

const story = readRepositoryText(`${tinyModelGoldens}/stories260K/expected-greedy.txt`).trimEnd();

const open = (file: string, quantizedWeights: "kept" | "unpacked"): Promise<LanguageModel> =>
  loadModel(repositoryPath(`${ggufVectors}/${file}`), { backend: { ...cpu(), quantizedWeights } });

it("the file in float32 tells llama2.c's own story, to the byte", async () => {
  const model = await open("stories260K-f32.gguf", "kept");
  let text = "";
  for await (const piece of model.generate([model.source.bosToken!], { maxNewTokens: 200 })) text += piece;
  await model.release();
  expect(text).toBe(story);
});

it("the file in Q8_0 tells llama.cpp's story where weights are unpacked, and begins so in blocks", async () => {
  const { ids } = readRepositoryJson<{ readonly ids: readonly number[] }>(
    `${ggufVectors}/stories260K-q8_0.greedy-ids.json`,
  );
  const told = async (quantizedWeights: "kept" | "unpacked"): Promise<readonly number[]> => {
    const model = await open("stories260K-q8_0.gguf", quantizedWeights);
    const tokens: number[] = [];
    for await (const token of model.generateTokens([1], { maxNewTokens: ids.length })) tokens.push(token);
    await model.release();
    return tokens;
  };
  expect(await told("unpacked")).toEqual(ids);
  // Activations are rounded to 8 bits then; the stories part at a near tie.
  expect((await told("kept")).slice(0, 100)).toEqual(ids.slice(0, 100));
});
