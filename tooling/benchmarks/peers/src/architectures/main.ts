/**
 * `npm run check:gguf-architectures`: a small checkpoint of each architecture as GGUF in float32, written for the tests, gives the tokens that
 * llama.cpp gives. What llama.cpp makes in another way is left out by name.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpu } from "@ropewalk/backend-node";
import { loadModel } from "@ropewalk/generation";
import { ggufArchitecture, ggufArchitectures } from "@ropewalk/testing/checkpoints/gguf-architectures";
import { ggufFile, type GgufValue } from "@ropewalk/testing/checkpoints/gguf-file";
import { ggufPartsOf } from "@ropewalk/testing/checkpoints/gguf-of-checkpoint";
import { getLlama, LlamaLogLevel, type Llama, type Token } from "node-llama-cpp";

const uint32 = (value: number): GgufValue => ({ type: "uint32", value });

/** llama.cpp loads no model without a tokenizer. */
const tokenizer = (vocabSize: number): Readonly<Record<string, GgufValue>> => {
  const first = ["<unk>", "<s>", "</s>", "a", "b", "ab", "Ċ"];
  const tokens = Array.from({ length: vocabSize }, (_, id) => first[id] ?? `t${id}`);
  return {
    "tokenizer.ggml.model": { type: "string", value: "gpt2" },
    "tokenizer.ggml.pre": { type: "string", value: "gpt-2" },
    "tokenizer.ggml.tokens": { type: "strings", value: tokens },
    "tokenizer.ggml.merges": { type: "strings", value: ["a b"] },
    "tokenizer.ggml.token_type": { type: "ints", value: tokens.map((_, id) => (id < 3 ? 3 : 1)) },
    "tokenizer.ggml.bos_token_id": uint32(1),
    "tokenizer.ggml.eos_token_id": uint32(2),
  };
};

const newTokens = 8;

/** Prompts of 4 to 49 tokens. */
const promptsOf = (vocabSize: number): readonly (readonly number[])[] =>
  Array.from({ length: 6 }, (_, prompt) =>
    Array.from({ length: 4 + 9 * prompt }, (__, at) => 3 + ((at * 7919 + prompt * 104_729) % (vocabSize - 3))),
  );

const tokensOfLlama = async (llama: Llama, modelPath: string, prompts: readonly (readonly number[])[]) => {
  const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
  const exact = { experimentalKvCacheKeyType: "F32", experimentalKvCacheValueType: "F32" } as const;
  const context = await model.createContext({ contextSize: 256, threads: 1, ignoreMemorySafetyChecks: true, ...exact });
  const all: number[][] = [];
  for (const prompt of prompts) {
    const sequence = context.getSequence();
    const tokens: number[] = [];
    for await (const token of sequence.evaluate(prompt as Token[], { temperature: 0, yieldEogToken: true }))
      if (tokens.push(token) === newTokens) break;
    await sequence.dispose();
    all.push(tokens);
  }
  await context.dispose();
  await model.dispose();
  return all;
};

const tokensOfRopewalk = async (path: string, prompts: readonly (readonly number[])[]) => {
  const model = await loadModel(path, { backend: cpu({ threads: 1 }) });
  const all: number[][] = [];
  for (const prompt of prompts) {
    const tokens: number[] = [];
    const options = { maxNewTokens: newTokens, stopTokens: [], beyondCapacity: "allow" } as const;
    for await (const token of model.generateTokens(prompt, options)) tokens.push(token);
    all.push(tokens);
  }
  await model.release();
  return all;
};

const folder = await mkdtemp(join(tmpdir(), "ropewalk-architectures-"));
const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: LlamaLogLevel.error });
let differing = 0;
try {
  for (const stated of ggufArchitectures) {
    const { architecture, checkpoint, otherInLlamaCpp } = stated;
    if (otherInLlamaCpp !== undefined) {
      console.log(`${architecture}, ${checkpoint}: left out, for llama.cpp ${otherInLlamaCpp}`);
      continue;
    }
    const { hf, parts } = await ggufArchitecture(stated);
    const { vocabSize } = hf.decoder;
    const { metadata, tensors } = await ggufPartsOf(parts, hf);
    const path = join(folder, `${checkpoint}.gguf`);
    await writeFile(path, ggufFile({ metadata: { ...metadata, ...tokenizer(vocabSize) }, tensors }));
    const prompts = promptsOf(vocabSize);
    const [ours, theirs] = [await tokensOfRopewalk(path, prompts), await tokensOfLlama(llama, path, prompts)];
    const others = ours.filter((tokens, prompt) => tokens.join() !== theirs[prompt]!.join()).length;
    differing += others;
    console.log(
      `${architecture}, ${checkpoint}: ${prompts.length} texts of ${newTokens} tokens, ${others} others than llama.cpp's`,
    );
  }
} finally {
  await rm(folder, { recursive: true });
}
process.exit(differing === 0 ? 0 : 1);
