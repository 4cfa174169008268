/** A family of models: models whose config, weight names and blocks are alike. */
import type { Decoder } from "@ropewalk/decoder";
import type { ConfigNames } from "../config/config-object.ts";
import type { ContextRules } from "../config/context.ts";

export type Family = {
  /** The values of `model_type` in config.json that name the family. */
  readonly modelTypes: readonly string[];
  /** The value of `architectures` that names its decoder with a head over the vocabulary. */
  readonly architecture: string;
  /** Other spellings of that value in configs. */
  readonly spellings?: readonly string[];
  /** How the family's config states positions. */
  readonly context: ContextRules;
  /**
   * The decoder that a parsed config.json describes.
   *
   * @param names - where the config was made of another file: what errors call that file and its keys
   * @throws RangeError and TypeError naming the key, the rule and the value
   */
  readonly read: (config: unknown, names?: ConfigNames) => Decoder;
};
