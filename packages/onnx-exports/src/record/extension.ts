/** An extension as the record has it. Its numbers are checked by the functions that take them. */
import { check, checkKeys, checkOneOf, type Keys } from "@ropewalk/check";
import { extensionOf, mappingKinds } from "@ropewalk/context-extension";
import { queryScale, type EntropyScaling } from "@ropewalk/entropy-scaling";
import { ropeFrequencies, type RopeScaling } from "@ropewalk/rope";
import type { Mark } from "../metadata.ts";
import { checkFinite, checkObject, where } from "./checks.ts";

type Kept = Exclude<RopeScaling, { readonly kind: "custom" }>;

/** Fields of each kind that a file can hold. */
const scalingKeys: { readonly [Kind in Kept["kind"]]: Keys<Extract<Kept, { readonly kind: Kind }>> } = {
  default: { kind: true },
  linear: { kind: true, factor: true },
  "ntk-aware": { kind: true, factor: true },
  "dynamic-ntk": { kind: true, factor: true, originalContext: true },
  yarn: {
    kind: true,
    factor: true,
    originalContext: true,
    betaFast: true,
    betaSlow: true,
    attentionFactor: true,
    mscale: true,
    mscaleAllDim: true,
    truncate: true,
  },
  llama3: { kind: true, factor: true, lowFreqFactor: true, highFreqFactor: true, originalContext: true },
  longrope: {
    kind: true,
    shortFactor: true,
    longFactor: true,
    factor: true,
    originalContext: true,
    attentionFactor: true,
  },
  abf: { kind: true, theta: true },
  "mr-rope": {
    kind: true,
    variant: true,
    factor: true,
    originalContext: true,
    betaFast: true,
    betaSlow: true,
  },
};

const checkField = (name: string, key: string, value: unknown): void => {
  // Names are known by the function that takes them.
  if (key === "kind" || key === "variant") return;
  if (key === "truncate")
    check(typeof value === "boolean", `${where}: ${name} must be true or false`, value, "boolean");
  else if (key === "shortFactor" || key === "longFactor") {
    check(Array.isArray(value), `${where}: ${name} must be a list of numbers`, value, "object");
    (value as readonly unknown[]).forEach((factor, pair) => checkFinite(`${name}[${pair}]`, factor, 0));
  } else checkFinite(name, value, 0);
};

const checkFields = <T extends { readonly kind: string }>(
  name: string,
  value: T,
  known: Readonly<Record<string, object>>,
): void => {
  check(
    typeof value === "object" && value !== null,
    `${where}: ${name} must be an object with a kind`,
    value,
    "object",
  );
  checkOneOf(where, `${name}.kind`, value.kind, Object.keys(known));
  checkKeys(where, name, value as object, known[value.kind] as Keys<object>);
  for (const [key, field] of Object.entries(value)) checkField(`${name}.${key}`, key, field);
};

export const checkRope = (name: string, scaling: RopeScaling, rotaryDim: number): void => {
  checkFields(name, scaling, scalingKeys);
  ropeFrequencies({ rotaryDim, theta: 10_000, scaling });
};

type KeptEntropy = Exclude<EntropyScaling, { readonly kind: "custom" }>;

const entropyKeys: {
  readonly [Kind in KeptEntropy["kind"]]: Keys<Extract<KeptEntropy, { readonly kind: Kind }>>;
} = {
  "log-n": { kind: true, trainedContext: true },
  "entropy-abf": { kind: true, trainedContext: true, exemptLayers: true },
  "yarn-temperature": { kind: true, factor: true },
};

type MappingConfig = NonNullable<Mark["extension"]["mapping"]>;

/** Which numbers a kind has is known by the function that makes it. */
const checkMapping = (name: string, mapping: MappingConfig): void => {
  check(
    typeof mapping === "object" && mapping !== null,
    `${where}: ${name} must be an object with a kind`,
    mapping,
    "object",
  );
  const { kind, ...numbers } = mapping;
  checkOneOf(where, `${name}.kind`, kind, mappingKinds);
  for (const [key, value] of Object.entries(numbers)) checkFinite(`${name}.${key}`, value, 0);
  extensionOf({ positions: mapping });
};

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const checkExtension = (name: string, extension: Mark["extension"], rotaryDim: number): void => {
  checkObject<Mark["extension"]>(name, extension, { positions: true, mapping: true, rope: true, entropy: true });
  const { positions, mapping, rope, entropy } = extension;
  check(
    positions === null || typeof positions === "string",
    `${where}: ${name}.positions must be a name or null`,
    positions,
    "string",
  );
  if (mapping !== null && mapping !== undefined) checkMapping(`${name}.mapping`, mapping);
  if (rope !== null && rope !== undefined) checkRope(`${name}.rope`, rope, rotaryDim);
  if (entropy !== null && entropy !== undefined) {
    checkFields(`${name}.entropy`, entropy, entropyKeys);
    queryScale(entropy, { layer: 0, position: 0 });
  }
};
