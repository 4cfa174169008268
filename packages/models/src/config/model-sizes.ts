/** The sizes that every family's config states under the same keys. */
import type { Decoder } from "@ropewalk/decoder";
import { check } from "@ropewalk/check";
import { nameIn, optionalPositiveInteger, placeOf, positiveInteger, type ConfigObject } from "./config-object.ts";

export type Sizes = Pick<
  Decoder,
  "vocabSize" | "hiddenDim" | "feedForwardDim" | "numLayers" | "numHeads" | "numKvHeads" | "headDim"
>;

/** Far above any model that exists, and low enough that a broken config is refused before it fills the memory. */
export const mostLayers = 10_000;

/** The same for the width of a head, which tables of rotations have too. */
export const widestHead = 65_536;

/**
 * Reads the sizes. num_key_value_heads is num_attention_heads where it is absent. head_dim is then the family's default, or hidden_size over
 * num_attention_heads where the family has none.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readSizes = (config: ConfigObject, defaultHeadDim?: number): Sizes => {
  const hiddenDim = positiveInteger(config, "hidden_size");
  const numHeads = positiveInteger(config, "num_attention_heads");
  const numKvHeads = optionalPositiveInteger(config, "num_key_value_heads") ?? numHeads;
  check(
    numHeads % numKvHeads === 0,
    `${placeOf(config, "num_key_value_heads")} must divide ${nameIn(config, "num_attention_heads")} ${numHeads}`,
    numKvHeads,
  );
  const statedHeadDim = optionalPositiveInteger(config, "head_dim") ?? defaultHeadDim;
  check(
    statedHeadDim !== undefined || hiddenDim % numHeads === 0,
    `${placeOf(config, "num_attention_heads")} must divide ${nameIn(config, "hidden_size")} ${hiddenDim} where head_dim is absent`,
    numHeads,
  );
  const headDim = statedHeadDim ?? hiddenDim / numHeads;
  check(headDim <= widestHead, `${placeOf(config, "head_dim")} must be at most ${widestHead}`, headDim);
  return {
    vocabSize: positiveInteger(config, "vocab_size"),
    hiddenDim,
    feedForwardDim: positiveInteger(config, "intermediate_size"),
    numLayers: positiveInteger(config, "num_hidden_layers", mostLayers),
    numHeads,
    numKvHeads,
    headDim,
  };
};
