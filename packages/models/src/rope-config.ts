/**
 * How a config states its rotary embedding, in either form that Hugging Face transformers has written:
 *
 *   older   "rope_theta": 10000, "rope_scaling": null | { "type" or "rope_type": "linear", "factor": 4, … }
 *   newer   "rope_parameters": { "rope_type": "linear", "rope_theta": 10000, "factor": 4, … }
 *
 * Defaults are those of transformers: theta 10000; the original window of `yarn`, `llama3` and `longrope` is
 * max_position_embeddings; the factor of `yarn` and `longrope` is max_position_embeddings over the original window.
 */
import type { DecoderRope } from "@ropewalk/decoder";
import type { RopeScaling } from "@ropewalk/rope";
import { check } from "@ropewalk/check";
import {
  configObject,
  objectOf,
  optionalNumber,
  optionalPositiveInteger,
  optionalText,
  positiveInteger,
  valueOf,
  type ConfigObject,
} from "./config-object.ts";
import { ropeScalings } from "./rope-scalings.ts";

/**
 * The window that a checkpoint was trained on, in tokens: max_position_embeddings, also where the config names an
 * original window. A checkpoint released with a rope scaling was tuned with it, up to max_position_embeddings; the
 * original window is a number in its frequencies and no longer what the model can read. `dynamic` is the exception that
 * changes nothing: it was not tuned, and there max_position_embeddings is the original window itself.
 */
export const trainedContext = (config: ConfigObject): number => positiveInteger(config, "max_position_embeddings");

/** A number that may stand in the outer or the inner object; where both have it, they must agree. */
const inEither = (
  outer: ConfigObject,
  inner: ConfigObject,
  key: string,
  read: (config: ConfigObject, key: string) => number | undefined,
): number | undefined => {
  const [a, b] = [read(outer, key), read(inner, key)];
  check(a === undefined || b === undefined || a === b, `${inner.at}: ${key} must equal the ${key} outside`, [b, a]);
  return b ?? a;
};

const above =
  (bound: number) =>
  (config: ConfigObject, key: string): number | undefined =>
    optionalNumber(config, key, { above: bound });

/** Keys that say nothing about the type; where there are others, the type must be named. */
const statedByAll: ReadonlySet<string> = new Set(["rope_theta", "partial_rotary_factor"]);

const typeOf = (parameters: ConfigObject): string => {
  const [newer, older] = [optionalText(parameters, "rope_type"), optionalText(parameters, "type")];
  check(
    newer === undefined || older === undefined || newer === older,
    `${parameters.at}: rope_type and type must agree`,
    [newer, older],
  );
  const saysMore = Object.keys(parameters.values).some(
    (key) => !statedByAll.has(key) && valueOf(parameters, key) !== undefined,
  );
  const type = newer ?? older ?? (saysMore ? undefined : "default");
  check(
    type !== undefined && Object.hasOwn(ropeScalings, type),
    `${parameters.at}: rope_type must be one of ${Object.keys(ropeScalings).join(", ")}`,
    type,
  );
  return type;
};

/** The dimensions of a head, and the share of them that rotates where the config says nothing. */
type Head = { readonly headDim: number; readonly defaultShare: number };

const readParameters = (
  config: ConfigObject,
  parameters: ConfigObject,
  { headDim, defaultShare }: Head,
): DecoderRope => {
  const share = inEither(config, parameters, "partial_rotary_factor", above(0)) ?? defaultShare;
  check(share <= 1, `${config.at}: partial_rotary_factor must be at most 1`, share);
  const rotaryDim = Math.floor(headDim * share);
  check(
    rotaryDim > 0 && rotaryDim % 2 === 0,
    `${config.at}: head_dim ${headDim} times partial_rotary_factor ${share} must be even and above 0`,
    rotaryDim,
  );
  const maxPositions = trainedContext(config);
  const scaling: RopeScaling = ropeScalings[typeOf(parameters)]!({
    parameters,
    rotaryDim,
    maxPositions,
    originalContext: () =>
      inEither(config, parameters, "original_max_position_embeddings", optionalPositiveInteger) ?? maxPositions,
  });
  const theta = inEither(config, parameters, "rope_theta", above(1)) ?? 10_000;
  return { theta, rotaryDim, layout: "halves", scaling };
};

/**
 * Reads a config's rotary embedding. Hugging Face checkpoints pair dimension j with j + rotaryDim / 2: the layout "halves".
 *
 * @param headDim - dimensions of a head
 * @param defaultShare - the share of them that rotates where partial_rotary_factor is absent
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readRope = (config: ConfigObject, headDim: number, defaultShare: number = 1): DecoderRope => {
  const head = { headDim, defaultShare };
  const stated = ["rope_parameters", "rope_scaling"].flatMap((key) => objectOf(config, key) ?? []);
  const [rope, other] = stated.map((parameters) => readParameters(config, parameters, head));
  check(
    other === undefined || JSON.stringify(rope) === JSON.stringify(other),
    `${config.at}: rope_parameters and rope_scaling must say the same`,
    [JSON.stringify(rope), JSON.stringify(other)],
  );
  return rope ?? readParameters(config, { at: config.at, values: {} }, head);
};

/**
 * The rotation and the window that a parsed config.json states, for a head of `headDim` dimensions. Read alike for every
 * family; `defaultShare` is the share of the dimensions that rotates where the config says nothing.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readRotation = (
  json: unknown,
  { headDim, defaultShare = 1 }: { readonly headDim: number; readonly defaultShare?: number },
): { readonly rope: DecoderRope; readonly trainedContext: number } => {
  const config = configObject("readRotation: config.json", json);
  return { rope: readRope(config, headDim, defaultShare), trainedContext: trainedContext(config) };
};
