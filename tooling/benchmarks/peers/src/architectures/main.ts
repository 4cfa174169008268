/**
 * `npm run check:gguf-architectures`: a small checkpoint of each architecture as GGUF in float32, written for the tests, gives the tokens that
 * llama.cpp gives.
 *
 * Mistral is not among them: llama.cpp gives the layers of `llama` no window, and a checkpoint's are what the model was trained with.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpu } from "@ropewalk/backend-node";
import { loadModel } from "@ropewalk/generation";
import { inMemory, loadCheckpoint, type Checkpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { checkpointFolders, readConfig } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { ggufFile, type GgufValue } from "@ropewalk/testing/checkpoints/gguf-file";
import { ggufPartsOf } from "@ropewalk/testing/checkpoints/gguf-of-checkpoint";
import { bytesOf, type Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { getLlama, LlamaLogLevel, type Llama, type Token } from "node-llama-cpp";

type Case = {
  readonly architecture: string;
  readonly checkpoint: keyof typeof checkpointFolders;
  /** What GGUF files cannot state, as they have it. */
  readonly changes?: Json;
  readonly keys?: (config: Json) => Readonly<Record<string, GgufValue>>;
};

const uint32 = (value: unknown): GgufValue => ({ type: "uint32", value: value as number });
const float32 = (value: unknown): GgufValue => ({ type: "float32", value: value as number });

const window = (config: Json) => ({ "attention.sliding_window": uint32(config["sliding_window"]) });

const cases: readonly Case[] = [
  { architecture: "llama", checkpoint: "llama" },
  { architecture: "llama", checkpoint: "llama-yarn" },
  { architecture: "smollm3", checkpoint: "smollm3" },
  { architecture: "phi2", checkpoint: "phi" },
  { architecture: "phi3", checkpoint: "phi3" },
  { architecture: "phi3", checkpoint: "phi4-mini" },
  { architecture: "qwen2", checkpoint: "qwen2" },
  { architecture: "qwen3", checkpoint: "qwen3" },
  { architecture: "gemma", checkpoint: "gemma" },
  {
    architecture: "gemma2",
    checkpoint: "gemma2",
    changes: { query_pre_attn_scalar: 16 },
    keys: (config) => ({
      ...window(config),
      attn_logit_softcapping: float32(config["attn_logit_softcapping"]),
      final_logit_softcapping: float32(config["final_logit_softcapping"]),
    }),
  },
  {
    architecture: "gemma3",
    checkpoint: "gemma3",
    changes: { query_pre_attn_scalar: 16 },
    keys: (config) => ({
      ...window(config),
      "attention.sliding_window_pattern": {
        type: "bools",
        value: (config["layer_types"] as readonly string[]).map((type) => type === "sliding_attention"),
      },
      "rope.freq_base_swa": float32(1000),
    }),
  },
];

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

/** The checkpoint under the changed config. */
const checkpointOf = async ({ checkpoint }: Case, config: Json): Promise<Checkpoint> => {
  const folder = await openFolder(checkpointFolders[checkpoint]);
  const own = inMemory("changed", { "config.json": bytesOf(JSON.stringify(config)) });
  return loadCheckpoint({ ...folder, file: async (name) => (await own.file(name)) ?? folder.file(name) });
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
  for (const stated of cases) {
    const { architecture, checkpoint, changes = {}, keys } = stated;
    const config = { ...readConfig(checkpointFolders[checkpoint]), ...changes };
    const hf = await checkpointOf(stated, config);
    const { vocabSize } = hf.decoder;
    const { metadata, tensors } = await ggufPartsOf({ architecture, config, keys: keys?.(config) ?? {} }, hf);
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
