/**
 * How a config states its rotary embedding, in either form that Hugging Face transformers has written:
 *
 *   older   "rope_theta": 10000, "rope_scaling": null | { "type" or "rope_type": "linear", "factor": 4, … }
 *   newer   "rope_parameters": { "rope_type": "linear", "rope_theta": 10000, "factor": 4, … }
 *
 * Defaults are those of transformers: theta 10000; the original window of `yarn`, `llama3` and `longrope` is
 * max_position_embeddings; the factor of `yarn` and `longrope` is max_position_embeddings over the original window.
 */
import type { DecoderRope } from "@ropewalk/context-extension";
import type { RopeScaling } from "@ropewalk/rope";
import { check } from "@ropewalk/check";
import {
  nameIn,
  objectOf,
  optionalFlag,
  optionalNumber,
  optionalPositiveInteger,
  optionalText,
  placeOf,
  valueOf,
  type ConfigObject,
} from "./config-object.ts";
import { checkReads, ropeScalings } from "./rope-scalings.ts";

/** A number that may be in the outer or in the inner object. Where both have it, they must agree. */
const inEither = (
  outer: ConfigObject,
  inner: ConfigObject,
  key: string,
  read: (config: ConfigObject, key: string) => number | undefined,
): number | undefined => {
  const [a, b] = [read(outer, key), read(inner, key)];
  check(
    a === undefined || b === undefined || a === b,
    `${placeOf(inner, key)} must equal the ${nameIn(outer, key)} outside`,
    [b, a],
  );
  return b ?? a;
};

const above =
  (bound: number) =>
  (config: ConfigObject, key: string): number | undefined =>
    optionalNumber(config, key, { above: bound });

/** Keys that every type has. Where there are other keys, the type must be named. */
const statedByAll: ReadonlySet<string> = new Set(["rope_theta", "partial_rotary_factor"]);

/** What the rest of the config, and its family, say about the rotary embedding. */
export type RopeFacts = {
  /** Dimensions of a head. */
  readonly headDim: number;
  /** max_position_embeddings, as stated or by default. */
  readonly maxPositions: number;
  /** The share of the dimensions that rotates where partial_rotary_factor is absent. Absent: 1. */
  readonly rotaryShare?: number;
  /** The family's own names of rope types, each with the general name. */
  readonly ropeTypes?: Readonly<Record<string, string>>;
  /** Theta where rope_theta is absent. Absent: 10,000. */
  readonly defaultTheta?: number;
  /** Whose rope is read, where rope_parameters may hold one for each type of layer. */
  readonly ropeOf?: "full_attention" | "sliding_attention";
};

const typeOf = (parameters: ConfigObject, aliases: Readonly<Record<string, string>>): string => {
  const [newer, older] = [optionalText(parameters, "rope_type"), optionalText(parameters, "type")];
  check(
    newer === undefined || older === undefined || newer === older,
    `${parameters.at}: rope_type and type must agree`,
    [newer, older],
  );
  const saysMore = Object.keys(parameters.values).some(
    (key) => !statedByAll.has(key) && valueOf(parameters, key) !== undefined,
  );
  const stated = newer ?? older ?? (saysMore ? undefined : "default");
  const type = stated !== undefined && Object.hasOwn(aliases, stated) ? aliases[stated] : stated;
  const known = new Set([...Object.keys(ropeScalings), ...Object.keys(aliases)]);
  check(
    type !== undefined && Object.hasOwn(ropeScalings, type),
    `${placeOf(parameters, "rope_type")} must be one of ${[...known].join(", ")}`,
    stated,
  );
  return type;
};

const readParameters = (
  config: ConfigObject,
  parameters: ConfigObject,
  { headDim, maxPositions, rotaryShare = 1, ropeTypes = {}, defaultTheta = 10_000 }: RopeFacts,
): DecoderRope => {
  const share = inEither(config, parameters, "partial_rotary_factor", above(0)) ?? rotaryShare;
  check(share <= 1, `${placeOf(config, "partial_rotary_factor")} must be at most 1`, share);
  const rotaryDim = Math.floor(headDim * share);
  check(
    rotaryDim > 0 && rotaryDim % 2 === 0,
    `${placeOf(config, "head_dim")} ${headDim} times ${nameIn(config, "partial_rotary_factor")} ${share} must be even and above 0`,
    rotaryDim,
  );
  const type = typeOf(parameters, ropeTypes);
  checkReads(parameters, type);
  const scaling: RopeScaling = ropeScalings[type]!.read({
    parameters,
    rotaryDim,
    maxPositions,
    originalContext: () =>
      inEither(config, parameters, "original_max_position_embeddings", optionalPositiveInteger) ?? maxPositions,
  });
  const theta = inEither(config, parameters, "rope_theta", above(1)) ?? defaultTheta;
  const interleaved = optionalFlag(config, "rope_interleave") ?? false;
  return { theta, rotaryDim, layout: interleaved ? "interleaved" : "halves", scaling };
};

/** The parameters of one type of layer where they are stated by type, or else those of all layers. */
const ofLayers = (parameters: ConfigObject, type: RopeFacts["ropeOf"]): ConfigObject => {
  if (type === undefined || !hasRopeByType(parameters)) return parameters;
  const own = objectOf(parameters, type);
  check(own !== undefined, `${parameters.at}: ${type} must be an object`, valueOf(parameters, type), "object");
  const other = Object.keys(parameters.values).find((key) => !layerTypes.includes(key));
  check(other === undefined, `${parameters.at} must hold ${layerTypes.join(" and ")} alone`, other);
  return own;
};

const layerTypes: readonly string[] = ["full_attention", "sliding_attention"];

/** Whether rope_parameters holds a rope for each type of layer. */
export const hasRopeByType = (parameters: ConfigObject): boolean =>
  layerTypes.some((type) => valueOf(parameters, type) !== undefined);

/**
 * Reads a config's rotary embedding. Hugging Face checkpoints pair dimension j with j + rotaryDim / 2: the layout "halves". With
 * rope_interleave, neighbours are pairs.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readRope = (config: ConfigObject, facts: RopeFacts): DecoderRope => {
  const stated = ["rope_parameters", "rope_scaling"].flatMap((key) => {
    const parameters = objectOf(config, key);
    return parameters === undefined ? [] : ofLayers(parameters, facts.ropeOf);
  });
  const [rope, other] = stated.map((parameters) => readParameters(config, parameters, facts));
  check(
    other === undefined || JSON.stringify(rope) === JSON.stringify(other),
    `${config.at}: rope_parameters and rope_scaling must say the same`,
    [JSON.stringify(rope), JSON.stringify(other)],
  );
  return rope ?? readParameters(config, { ...config, values: {} }, facts);
};
