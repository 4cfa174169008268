/** Heads and embeddings as the files have them, and names that configs give an architecture. */
import { tinyConfig } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { bytesOf, type Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallCheckpoint } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { rejectionOf } from "@ropewalk/testing/thrown";
import { describe, expect, it } from "vitest";
import { familyOf } from "../../src/families/families.ts";
import { convertCheckpoint, inMemory, loadCheckpoint, type Checkpoint } from "../../src/index.ts";

const [embedding, head] = ["model.embed_tokens.weight", "lm_head.weight"];

type Change = (tensors: Record<string, readonly number[]>) => void;

const load = (config: Json, change: Change, stated: Json = config): Promise<Checkpoint> =>
  loadCheckpoint(
    inMemory("m", {
      ...smallCheckpoint(config, change, "F32", familyOf(config)),
      "config.json": bytesOf(JSON.stringify(stated)),
    }),
  );

const families = ["llama", "mistral", "phi", "phi3", "qwen2"];

describe.each(families)("a %s whose config ties head and embedding", (name) => {
  const config = { ...tinyConfig(name), tie_word_embeddings: true };
  const shape = [128, 64];

  it("takes the embedding where no head is stored", async () => {
    const { decoder } = await load(config, () => {});
    expect([decoder.embedding, decoder.unembedding]).toEqual([embedding, embedding]);
    expect(Object.keys(decoder.tensors)).not.toContain(head);
  });

  it("takes the head that is stored", async () => {
    const { decoder, locate } = await load(config, (tensors) => (tensors[head] = shape));
    expect([decoder.embedding, decoder.unembedding]).toEqual([embedding, head]);
    expect(locate(head).offset).not.toBe(locate(embedding).offset);
  });

  it("takes a head of the right shape alone", async () => {
    expect(await rejectionOf(load(config, (tensors) => (tensors[head] = [127, 64])))).toBe(
      "RangeError: loadCheckpoint: model.safetensors: lm_head.weight must be [128, 64], got [127, 64]",
    );
  });

  it("takes the head for both where it stands alone", async () => {
    const checkpoint = await load(config, (tensors) => {
      delete tensors[embedding];
      tensors[head] = shape;
    });
    const { decoder, tensors, locate } = checkpoint;
    expect([decoder.embedding, decoder.unembedding]).toEqual([embedding, embedding]);
    expect(locate(embedding)).toMatchObject({ offset: tensors.get(head)!.offset, length: 4 * 128 * 64 });
  });

  it("keeps the head through a conversion", async () => {
    for (const change of [
      (tensors) => (tensors[head] = shape),
      (tensors) => {
        delete tensors[embedding];
        tensors[head] = shape;
      },
    ] satisfies readonly Change[]) {
      const checkpoint = await load(config, change);
      const files: Record<string, Uint8Array> = {};
      for (const { name: file, parts } of await convertCheckpoint(checkpoint, "q8")) {
        const all: Uint8Array[] = [];
        for await (const part of parts) all.push(part);
        files[file] = Uint8Array.from(all.flatMap((part) => [...part]));
      }
      const converted = await loadCheckpoint(inMemory("converted", files));
      expect(converted.decoder.unembedding).toBe(checkpoint.decoder.unembedding);
      expect(converted.locateBlocks?.(converted.decoder.unembedding)?.bits).toBe(8);
    }
  });
});

it.each(families)("refuses a %s with neither head nor embedding, or a head that the config wants", async (name) => {
  const without = (tensor: string, tie: boolean) =>
    rejectionOf(load({ ...tinyConfig(name), tie_word_embeddings: tie }, (tensors) => delete tensors[tensor]));
  expect(await without(embedding, true)).toContain(`must have ${embedding}, got nothing`);
  expect(await without(embedding, false)).toContain(`must have ${embedding}, got nothing`);
  expect(await without(head, false)).toContain(`must have ${head}, got nothing`);
});

describe("a tensor that contradicts the config and would not be read", () => {
  const config = tinyConfig("llama");
  const layer = "model.layers.0";
  it.each<readonly [string, Json, string]>([
    [`${layer}.self_attn.q_norm.weight`, config, "weight in a layer"],
    [`${layer}.post_feedforward_layernorm.weight`, config, "weight in a layer"],
    [`${layer}.self_attn.q_proj.bias`, config, "bias"],
    [`${layer}.mlp.fc1.bias`, config, "bias"],
    ["model.norm.bias", config, "bias"],
    ["lm_head.bias", config, "bias"],
    ["lm_head.bias", { ...config, tie_word_embeddings: true }, "bias"],
  ])("is refused: %s", async (tensor, stated, what) => {
    expect(await rejectionOf(load(stated, (tensors) => (tensors[tensor] = [64])))).toBe(
      `RangeError: loadCheckpoint: model.safetensors must have no ${what} that config.json does not state, got "${tensor}"`,
    );
  });

  it("is let be where it is a buffer or of another head", async () => {
    const checkpoint = await load(config, (tensors) => {
      tensors[`${layer}.self_attn.rotary_emb.inv_freq`] = [8];
      tensors["score.weight"] = [2, 64];
      tensors["mtp.fc.bias"] = [64];
    });
    expect(checkpoint.tensors.size).toBe(Object.keys(checkpoint.decoder.tensors).length + 3);
  });
});

describe("the architecture of a config", () => {
  it.each<readonly [string, string]>([
    ["llama", "LLaMAForCausalLM"],
    ["llama", "LlamaModel"],
    ["mistral", "MistralModel"],
    ["phi", "PhiModel"],
    ["phi3", "Phi3Model"],
    ["qwen2", "Qwen2Model"],
  ])("of a %s may be %s where the tensors fit", async (name, architecture) => {
    const config = { ...tinyConfig(name), architectures: [architecture] };
    expect((await load(config, () => {})).decoder.family).toBe(name);
  });

  it("is of no use where the tensors are those of the layers alone", async () => {
    const config = { ...tinyConfig("qwen2"), architectures: ["Qwen2Model"] };
    const bare: Change = (tensors) => {
      for (const tensor of Object.keys(tensors)) {
        const shape = tensors[tensor]!;
        delete tensors[tensor];
        if (tensor !== head) tensors[tensor.replace(/^model\./, "")] = shape;
      }
    };
    expect(await rejectionOf(load(config, bare))).toBe(
      `RangeError: loadCheckpoint: model.safetensors must have ${embedding}, in a model with a head over the vocabulary, got "embed_tokens.weight"`,
    );
  });
});
