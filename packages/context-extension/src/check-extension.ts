/** Checks an extension that a caller wrote. Without the check, a wrong value would silently run the plain model. */
import {
  check,
  checkFunction,
  checkKeys,
  checkList,
  checkNumber,
  atLeastZero,
  optional,
  positive,
  show,
  withoutControls,
  type Keys,
  type Rule,
} from "@ropewalk/check";
import { entropyKinds, queryScale, type EntropyScaling } from "@ropewalk/entropy-scaling";
import type { Band, BandByChunk } from "@ropewalk/position-mapping";
import { positionKinds } from "@ropewalk/position-mapping/scheme";
import type { ContextExtension } from "./extension.ts";
import type { ConfiguredMapping } from "./mapping-config.ts";
import { checkScaling } from "./try-scaling.ts";

/** Whether a value is a position scheme. The kind `custom` exists in all three fields; only a scheme of it has bands. */
const isScheme = (value: object): boolean =>
  "kind" in value &&
  (positionKinds as readonly unknown[]).includes(value.kind) &&
  (value.kind !== "custom" || "bands" in value);

/** The end of an error: what the caller probably meant by a value that is not an extension. */
const meantBy = (value: unknown): string => {
  if (typeof value === "function") return `; it must be called, as in ${value.name}({ … })`;
  if (typeof value === "string") return "; a constructor is meant, as in selfExtend({ groupSize: 8, window: 64 })?";
  if (Array.isArray(value)) return "; compose(…) is meant?";
  if (typeof value !== "object" || value === null) return "";
  if ("then" in value) return "; await is meant?";
  if (isScheme(value)) return "; withPositions({ kind: … }) is meant?";
  if ("bands" in value) return "; { positions: … } is meant?";
  if (!("kind" in value)) return "";
  return "scale" in value || (value.kind !== "custom" && (entropyKinds as readonly unknown[]).includes(value.kind))
    ? "; { entropy: … } is meant?"
    : "; { rope: … } is meant?";
};

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const fields = ["positions", "rope", "entropy"] as const;

/** Whether a value is some other object, such as a map, which would otherwise pass as an extension that sets nothing. */
const isOther = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return !plain && !fields.some((field) => field in value);
};

const isText: Rule = (where, name, value) => {
  if (typeof value !== "string") throw new TypeError(`${where}: ${name} must be text, got ${show(value)}`);
  check(value === withoutControls(value), `${where}: ${name} must be text without control characters`, value, "string");
};

/** The rules for a band's keys. Errors name a key with the band's place. */
const bandKeys = (place: string, { covers }: Partial<Band>): Keys<Band> => {
  const within =
    (rule: Rule): Rule =>
    (where, key, value) =>
      rule(where, `${place}.${key}`, value);
  const positions = { query: within(checkFunction), key: within(checkFunction) };
  const distances: Keys<Omit<BandByChunk, "covers" | "query" | "key">> = {
    from: within(atLeastZero),
    to: within(atLeastZero),
    chunkLen: within(optional(positive)),
  };
  // If a band has a rule of its own, its distances would be ignored.
  return (
    covers === undefined ? { ...distances, ...positions } : { ...positions, covers: within(checkFunction) }
  ) as Keys<Band>;
};

const checkBands: Rule = (where, _, value) => {
  checkList(where, "positions.bands", value);
  for (const [index, band] of (value as readonly Band[]).entries()) {
    const place = `positions.bands[${index}]`;
    checkKeys(where, place, band, bandKeys(place, band ?? {}));
  }
};

const mappingKeys: Keys<ConfiguredMapping> = {
  name: isText,
  bands: checkBands,
  window: (where, name, value) => checkNumber(where, name, value, (value as number) >= 1, ">= 1"),
  // The numbers of `seen` are checked with the bands.
  seen: true,
  capacity: checkFunction,
  remedy: checkFunction,
  config: true,
};

const checkPositions: Rule = (where, name, value) => {
  if (value === undefined) return;
  if (isObject(value) && "positions" in value)
    throw new TypeError(`${where}: ${name} must be a position mapping, got an extension; compose(…) is meant?`);
  if (isObject(value) && isScheme(value))
    throw new TypeError(
      `${where}: ${name} must be a position mapping, got a scheme; withPositions({ kind: … }) is meant?`,
    );
  checkKeys(where, name, value as ConfiguredMapping, mappingKeys);
};

/** The rules for an extension's fields. What depends on a model, as the length of LongRoPE's lists, is checked later. */
const extensionKeys: Keys<ContextExtension> = {
  positions: checkPositions,
  rope: (where, name, value) => {
    if (value !== undefined) checkScaling(where, name, value);
  },
  entropy: (_, __, value) => {
    if (value !== undefined) queryScale(value as EntropyScaling, { layer: 0, position: 0 });
  },
};

/**
 * Checks that a value is an extension: an object with positions, rope, entropy, or none of them.
 *
 * @throws TypeError when it is not an extension, or has a key that is not known; the message says what was probably meant
 * @throws RangeError when a number of its mapping or entropy scaling is out of range, or the kind is unknown
 */
export const checkExtension = (where: string, extension: ContextExtension, name = "extension"): void => {
  const value: unknown = extension;
  if (!isObject(value) || isOther(value) || "bands" in value || "kind" in value)
    throw new TypeError(
      `${where}: ${name} must be an object with positions, rope or entropy, got ${show(value)}${meantBy(value)}`,
    );
  checkKeys(where, name, extension, extensionKeys);
};

/** The position that a band gives to a token. @throws RangeError naming mapping, band and token when it is not finite */
export const positionIn = (
  where: string,
  { name, bands }: Pick<ConfiguredMapping, "name" | "bands">,
  index: number,
  side: "query" | "key",
  token: number,
): number => {
  const position = bands[index]![side](token);
  if (!Number.isFinite(position))
    checkNumber(where, `bands[${index}].${side}(${token}) of ${name}`, position, false, "finite");
  return position;
};

/** Checks the positions at the ends of each band, so that positions that are not numbers are reported before the first chunk is run. */
export const checkPositionsFor = (where: string, mapping: ConfiguredMapping, trainedContext: number): void => {
  for (const [index, { from = 0, chunkLen = 1 }] of mapping.bands.entries())
    for (const token of [0, from * chunkLen, trainedContext - 1]) {
      if (token === Infinity) continue;
      positionIn(where, mapping, index, "query", token);
      positionIn(where, mapping, index, "key", token);
    }
};
