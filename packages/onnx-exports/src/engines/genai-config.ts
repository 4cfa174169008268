/**
 * genai_config.json, which ONNX Runtime GenAI reads to run a folder: the names of past and present, the limits, the special tokens.
 *
 *   type "decoder"               for any decoder; a family's own name would make GenAI handle that family's plain window
 *   past_present_share_buffer    false, since present holds past and new tokens, and grows
 */
import { check } from "../errors.ts";
import { neededCount, type Json } from "../config/config-files.ts";
import { patternOf, portsOf, type EngineModel } from "./engine.ts";

/** The inputs that GenAI gives values to. */
const knownInputs = ["input_ids", "attention_mask", "position_ids"];

type Ids = number | readonly number[];

const idsIn = (config: Json, key: string): Ids | undefined => {
  const value = config[key] ?? undefined;
  check(
    value === undefined || [value].flat().every((id) => Number.isSafeInteger(id) && (id as number) >= 0),
    `config.json: ${key} must be a token or a list of tokens`,
    JSON.stringify(value),
  );
  return value as Ids | undefined;
};

const firstOf = (ids: Ids): number => [ids].flat()[0]!;

/** The special tokens. GenAI needs one that pads, for which the first end token serves. */
const specialTokens = (config: Json): Json => {
  const eos = idsIn(config, "eos_token_id");
  const [bos, pad] = [idsIn(config, "bos_token_id"), idsIn(config, "pad_token_id")];
  check(
    eos !== undefined && [eos].flat().length > 0,
    "config.json: eos_token_id must be given, for ONNX Runtime GenAI to end by",
    "nothing",
  );
  return {
    ...(bos === undefined ? {} : { bos_token_id: firstOf(bos) }),
    eos_token_id: eos,
    pad_token_id: firstOf(pad ?? eos!),
  };
};

export const genaiConfig = (model: EngineModel): Json => {
  const { attentionMatches, config, capacity, file } = model;
  const { inputs } = portsOf(model);
  const other = inputs.find(({ name }) => !knownInputs.includes(name));
  check(
    other === undefined,
    `inputs must be ${knownInputs.join(", ")} and past for ONNX Runtime GenAI`,
    `"${other?.name}"`,
  );
  const { numHeads, numKvHeads, headDim } = attentionMatches[0]!;
  const pattern = (end: "past" | "present", part: "key" | "value"): string =>
    patternOf(attentionMatches.map((attentionMatch) => attentionMatch[end][part]));
  return {
    model: {
      type: "decoder",
      ...specialTokens(config),
      vocab_size: neededCount(config, "vocab_size"),
      context_length: capacity,
      decoder: {
        filename: file,
        session_options: { provider_options: [] },
        num_hidden_layers: attentionMatches.length,
        num_attention_heads: numHeads,
        num_key_value_heads: numKvHeads,
        head_size: headDim,
        inputs: {
          ...Object.fromEntries(inputs.map(({ name }) => [name, name])),
          past_key_names: pattern("past", "key"),
          past_value_names: pattern("past", "value"),
        },
        outputs: {
          logits: "logits",
          present_key_names: pattern("present", "key"),
          present_value_names: pattern("present", "value"),
        },
      },
    },
    search: { max_length: capacity, past_present_share_buffer: false },
  };
};
