/** What generation_config.json states, as transformers means it. */
import { inMemory, type CheckpointFolder } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { describe, expect, it } from "vitest";
import { openModel, samplingOf } from "../../src/index.ts";
import { stories260K } from "@ropewalk/tiny-models";

const of = (generationConfig: Readonly<Record<string, unknown>> | undefined) =>
  samplingOf({ name: "a model", generationConfig }, { seed: 7 });

describe("samplingOf", () => {
  it.each([
    // As checkpoints on the hub have them: Llama 3, Qwen2.5, Gemma 3, GPT-2.
    [
      {
        bos_token_id: 1,
        do_sample: true,
        eos_token_id: [2, 3],
        temperature: 0.6,
        top_p: 0.9,
        transformers_version: "4.4",
      },
      { kind: "sample", temperature: 0.6, topK: 50, topP: 0.9, seed: 7 },
    ],
    [
      { pad_token_id: 3, do_sample: true, repetition_penalty: 1.05, temperature: 0.7, top_p: 0.8, top_k: 20 },
      { kind: "sample", temperature: 0.7, topK: 20, topP: 0.8, repetitionPenalty: 1.05, seed: 7 },
    ],
    [
      { cache_implementation: "hybrid", do_sample: true, top_k: 64, top_p: 0.95 },
      { kind: "sample", temperature: 1, topK: 64, topP: 0.95, seed: 7 },
    ],
    [{ _from_model_config: true, eos_token_id: 2 }, { kind: "greedy" }],
    [
      { do_sample: true, top_k: 0, min_p: 0.1 },
      { kind: "sample", temperature: 1, minP: 0.1, seed: 7 },
    ],
    [
      { do_sample: true, top_k: null, temperature: null },
      { kind: "sample", temperature: 1, topK: 50, seed: 7 },
    ],
    [
      { repetition_penalty: 1.2, suppress_tokens: [4, 9] },
      { kind: "greedy", repetitionPenalty: 1.2, logitBias: { 4: -Infinity, 9: -Infinity } },
    ],
    [
      {
        num_beams: 1,
        typical_p: 1,
        no_repeat_ngram_size: 0,
        bad_words_ids: null,
        suppress_tokens: [],
        sequence_bias: [],
      },
      { kind: "greedy" },
    ],
    [{ do_sample: false, temperature: 1, top_k: 50, top_p: 1 }, { kind: "greedy" }],
  ])("%j", (config, sampling) => expect(of(config)).toEqual(sampling));

  it.each([
    [undefined, "samplingOf: a model must have a generation_config.json, got nothing"],
    [
      { num_beams: 4 },
      "must ask for nothing but do_sample, temperature, top_k, top_p, min_p, repetition_penalty, suppress_tokens, got",
    ],
    [{ num_beams: 4, typical_p: 0.9, top_k: 3, do_sample: true }, "num_beams 4, typical_p 0.9"],
    [{ no_repeat_ngram_size: 3 }, "no_repeat_ngram_size 3"],
    [{ stop_strings: ["\n"] }, "stop_strings"],
    [{ a_key_of_tomorrow: 1 }, "a_key_of_tomorrow 1"],
    [{ temperature: 0.6 }, "must have do_sample true for temperature to be read, got 0.6"],
    [{ do_sample: "yes" }, 'do_sample must be true or false, got "yes"'],
    [{ do_sample: true, temperature: "hot" }, 'temperature must be a number, got "hot"'],
    [{ do_sample: true, temperature: 0 }, "temperature must be positive and finite"],
    [{ do_sample: true, top_k: 2.5 }, "topK must be a positive integer, got 2.5"],
    [{ suppress_tokens: [-1] }, "suppress_tokens must be a list of token ids"],
  ])("refuses %j", (config, message) => expect(() => of(config)).toThrow(message));

  it("needs a seed, and knows no other option", () => {
    expect(() => samplingOf({ name: "x", generationConfig: {} }, {} as never)).toThrow(
      "samplingOf: seed must be a number",
    );
    expect(() => samplingOf({ name: "x", generationConfig: {} }, { seed: 1, topK: 3 } as never)).toThrow(
      /no keys but seed/,
    );
  });

  it("reads what a model's folder has", async () => {
    const folder = await openFolder(stories260K.url);
    const config = { do_sample: true, temperature: 0.5, eos_token_id: 7 };
    const added = inMemory("added", { "generation_config.json": new TextEncoder().encode(JSON.stringify(config)) });
    const both: CheckpointFolder = {
      name: "both",
      file: async (name) => (await added.file(name)) ?? folder.file(name),
    };
    const { source } = await openModel(both);
    expect(source.stopTokens).toEqual([7]);
    expect(samplingOf(source, { seed: 1 })).toEqual({ kind: "sample", temperature: 0.5, topK: 50, seed: 1 });
  });
});
