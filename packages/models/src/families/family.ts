/** A family of models: those whose config, weight names and blocks are alike. */
import type { Decoder } from "@ropewalk/decoder";
import type { ContextRules } from "../config/context.ts";

export type Family = {
  /** The values of `model_type` in config.json that name it. */
  readonly modelTypes: readonly string[];
  /** The value of `architectures` that names the kind that is computed: a decoder with a head over the vocabulary. */
  readonly architecture: string;
  /** Other spellings of it that configs have. */
  readonly spellings?: readonly string[];
  /** How its config states positions. */
  readonly context: ContextRules;
  /**
   * A parsed config.json as a decoder.
   *
   * @throws RangeError and TypeError naming the key, the rule and the value
   */
  readonly read: (config: unknown) => Decoder;
};
