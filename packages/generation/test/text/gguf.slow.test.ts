/** The TinyStories Llama as GGUF files: texts, greedily from BOS. */
import { cpu } from "@ropewalk/backend-node";
import { readRepositoryText, repositoryPath } from "@ropewalk/testing/repository";
import { ggufVectors, tinyModelGoldens } from "@ropewalk/testing/vectors";
import { expect, it } from "vitest";
import { loadModel } from "../../src/index.ts";

const story = readRepositoryText(`${tinyModelGoldens}/stories260K/expected-greedy.txt`).trimEnd();

const tell = async (file: string, quantizedWeights: "kept" | "unpacked"): Promise<string> => {
  const model = await loadModel(repositoryPath(`${ggufVectors}/${file}`), { backend: { ...cpu(), quantizedWeights } });
  let text = "";
  for await (const piece of model.generate([model.source.bosToken!], { maxNewTokens: 200 })) text += piece;
  await model.release();
  return text;
};

it("the file in float32 tells llama2.c's own story, to the byte", async () => {
  expect(await tell("stories260K-f32.gguf", "kept")).toBe(story);
});

it("the file in Q8_0 begins as it does, in blocks and unpacked", async () => {
  for (const weights of ["kept", "unpacked"] as const)
    expect((await tell("stories260K-q8_0.gguf", weights)).slice(0, 200)).toBe(story.slice(0, 200));
});
