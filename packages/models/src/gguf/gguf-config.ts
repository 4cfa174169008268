/**
 * The config.json that a GGUF file's metadata amounts to. It is read by the same families as a checkpoint's, so that every number is checked in
 * one place, and a converted folder states it.
 */
import { check } from "@ropewalk/check";
import type { Decoder } from "@ropewalk/decoder";
import type { Gguf } from "@ropewalk/gguf";
import { widestHead } from "../config/model-sizes.ts";
import type { Architecture, Stated } from "./architectures/architecture.ts";
import { architectures } from "./architectures/index.ts";
import { configNames } from "./config-names.ts";
import { architectureKeys, type ArchitectureKeys } from "./keys.ts";
import { ropeConfig, type FrequencyFactors } from "./rope-keys.ts";

type Json = Readonly<Record<string, unknown>>;

/** An adapter, or a model's eyes, states the architecture of the model that it belongs to. */
const checkIsModel = (at: string, { metadata }: Gguf): void => {
  const type = metadata.get("general.type");
  check(type === undefined || type === "model", `${at}: general.type must be model, or absent`, type);
};

/** The file's architecture. @throws RangeError that lists those that are known */
const architectureOf = ({ at, architecture }: ArchitectureKeys): Architecture => {
  const isKnown = Object.hasOwn(architectures, architecture);
  check(isKnown, `${at}: general.architecture must be one of ${Object.keys(architectures).join(", ")}`, architecture);
  return architectures[architecture]!;
};

const headDimOf = (keys: ArchitectureKeys): number => {
  const [width, heads] = [keys.needNumber("embedding_length"), keys.needNumber("attention.head_count")];
  const stated = keys.number("attention.key_length");
  const headDim = stated ?? width / heads;
  const isWidth = Number.isInteger(headDim) && headDim > 0 && headDim <= widestHead;
  if (stated === undefined)
    keys.check(
      isWidth,
      "attention.head_count",
      `must divide embedding_length ${width} into heads of 1 to ${widestHead}`,
      heads,
    );
  else keys.check(isWidth, "attention.key_length", `must be an integer from 1 to ${widestHead}`, stated);
  const valueDim = keys.number("attention.value_length") ?? headDim;
  keys.check(valueDim === headDim, "attention.value_length", `must be attention.key_length ${headDim}`, valueDim);
  return headDim;
};

const sharedConfig = (keys: ArchitectureKeys, { tensors }: Gguf, factors: FrequencyFactors): Json => {
  const headDim = headDimOf(keys);
  const rows = tensors.get("token_embd.weight")?.dims[0];
  check(rows !== undefined, `${keys.at}: there must be a tensor token_embd.weight`, rows);
  const stated = keys.number("vocab_size");
  keys.check(
    stated === undefined || stated === rows,
    "vocab_size",
    `must be the ${rows} rows of token_embd.weight`,
    stated,
  );
  // How files were made, and what other programs do with them.
  keys.ignore("tensor_data_layout");
  return {
    vocab_size: rows,
    hidden_size: keys.needNumber("embedding_length"),
    intermediate_size: keys.needNumber("feed_forward_length"),
    num_hidden_layers: keys.needNumber("block_count"),
    num_attention_heads: keys.needNumber("attention.head_count"),
    num_key_value_heads: keys.number("attention.head_count_kv"),
    head_dim: headDim,
    max_position_embeddings: keys.needNumber("context_length"),
    tie_word_embeddings: !tensors.has("output.weight"),
    ...ropeConfig(keys, factors, headDim),
  };
};

export type GgufConfig = {
  readonly architecture: Architecture;
  /** The value of config.json, without keys that are undefined. */
  readonly config: Json;
  /** The decoder of that config. @throws RangeError and TypeError naming the file and its key */
  readonly read: (config: Json) => Decoder;
};

/**
 * @param at - what errors begin with: the function and the file
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const ggufConfig = (at: string, gguf: Gguf, factors: FrequencyFactors): GgufConfig => {
  checkIsModel(at, gguf);
  const keys = architectureKeys(at, gguf.metadata);
  const architecture = architectureOf(keys);
  const stated: Stated = {
    keys,
    has: (tensor) => gguf.tensors.has(tensor),
    shared: sharedConfig(keys, gguf, factors),
  };
  const family = architecture.family(stated);
  const all: Json = {
    architectures: [family.architecture],
    model_type: family.modelTypes[0],
    ...stated.shared,
    ...architecture.config(stated),
    ...(architecture.interleaved && { rope_interleave: true }),
  };
  keys.checkAllRead();
  const config = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return { architecture, config, read: (own) => family.read(own, configNames(keys)) };
};
