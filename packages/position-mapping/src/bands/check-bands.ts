/**
 * The rules that bands must keep, for queries i and keys j <= i:
 *
 *     each pair is in one band at most
 *     each query has one key at least
 *     no band covers a key that `seen` leaves out
 *     query(i) and key(j) are finite
 *
 * Bands of distances, in tokens or in chunks, show the first two for every length. Bands with another rule are tried: on all of
 * the first queries, and on single queries further on.
 */
import {
  checkConfig,
  checkFunction,
  checkKeys,
  checkList,
  optional,
  positive,
  whole,
  type Rule,
} from "@ropewalk/check";
import { checkMapping, positionIn } from "../check.ts";
import { covers, type Band, type BandByChunk, type BandByDistance, type PositionMapping } from "../mapping.ts";

type Checked = Pick<PositionMapping, "name" | "bands" | "seen">;

const wholeOrInfinite: Rule = (where, name, value) => {
  if (value !== Infinity) whole(where, name, value);
};

const checkForm = (where: string, { name, bands }: Checked): void => {
  checkList(where, `bands of ${name}`, bands);
  for (const [index, band] of bands.entries()) {
    const prefix = `bands[${index}]`;
    const within =
      (rule: Rule): Rule =>
      (_, field, value) =>
        rule(where, `${prefix}.${field} of ${name}`, value);
    const [position, distance] = [within(checkFunction), within(wholeOrInfinite)];
    const shape = { query: position, key: position };
    if (band?.covers === undefined) {
      checkKeys<BandByDistance | BandByChunk>(where, prefix, band, {
        ...shape,
        from: distance,
        to: distance,
        covers: true,
        chunkLen: within(optional(positive)),
      });
      if (band.from >= band.to)
        throw new RangeError(`${where}: ${prefix} of ${name} must have from < to, got ${band.from} and ${band.to}`);
    } else
      checkKeys<Band>(where, prefix, band, {
        ...shape,
        covers: position,
        from: within(none),
        to: within(none),
        chunkLen: within(none),
      });
  }
};

const none: Rule = (where, name, value) => {
  if (value !== undefined)
    throw new TypeError(`${where}: ${name} must be left out beside covers, got ${String(value)}`);
};

type ByDistance = BandByDistance | BandByChunk;

const isByDistance = (band: Band): band is ByDistance => band.covers === undefined;

const shown = ({ from, to }: ByDistance): string => `[${from}, ${to})`;

const checkDistances = (where: string, { name, bands }: Checked): void => {
  const byDistance = bands.filter(isByDistance).toSorted((a, b) => a.from - b.from);
  for (const [index, band] of byDistance.entries()) {
    const { chunkLen } = band;
    const before = byDistance.slice(0, index).findLast((other) => other.chunkLen === chunkLen);
    if (before && before.to > band.from)
      throw new RangeError(
        `${where}: bands of ${name} must not overlap, got the distances ${shown(before)} and ${shown(band)}` +
          (chunkLen === undefined ? "" : ` in chunks of ${chunkLen}`),
      );
  }
};

/** Checks which bands cover each key of query `i`. */
const checkRow = (where: string, { name, bands, seen }: Checked, i: number): void => {
  let keys = 0;
  for (let j = 0; j <= i; j++) {
    const covering = bands.flatMap((band, index) => (covers(band, i, j) ? [index] : []));
    keys += covering.length;
    if (seen !== undefined && covering.length > 0 && j >= seen.first && i - j >= seen.last)
      throw new RangeError(
        `${where}: bands of ${name} must cover no key but the first ${seen.first} and the last ${seen.last}, got query ${i} and key ${j}`,
      );
    if (covering.length > 1)
      throw new RangeError(
        `${where}: bands of ${name} must not overlap, got bands[${covering[0]}] and bands[${covering[1]}] for query ${i} and key ${j}`,
      );
  }
  if (keys === 0)
    throw new RangeError(
      `${where}: bands of ${name} must leave every query a key, got none of ${i + 1} for query ${i}`,
    );
};

/** The tokens whose queries and keys are looked at: the first, and single tokens further on. */
const tokensToTry = (bands: readonly Band[], numTokens: number): readonly number[] => {
  const first = Array.from({ length: numTokens }, (_, token) => token);
  const beyond = [2 ** 10, 2 ** 12].filter((token) => token >= numTokens);
  const edges = bands
    .map(({ from = 0, chunkLen = 1 }) => from * chunkLen)
    .filter((token) => token >= numTokens && token < Infinity);
  return [...first, ...beyond, ...edges];
};

/** As {@link checkBands}, for a function of another name. */
export const checkBandsOf = (where: string, mapping: Checked, numTokens: number): void => {
  checkForm(where, mapping);
  checkDistances(where, mapping);
  const tokens = tokensToTry(mapping.bands, numTokens);
  for (const [index] of mapping.bands.entries())
    for (const token of tokens)
      for (const side of ["query", "key"] as const) positionIn(where, mapping.bands, index, side, token);
  // If all bands go by one kind of distance, the first query stands for all: it has only one key, itself.
  const [first] = mapping.bands;
  const rules =
    mapping.seen !== undefined ||
    mapping.bands.some((band) => !isByDistance(band) || band.chunkLen !== first!.chunkLen);
  for (const token of rules ? tokens : [0]) checkRow(where, mapping, token);
};

/**
 * Checks that the bands of a mapping keep the rules of mappings.
 *
 * @param config - `numTokens`: how many tokens from the start on are looked at one by one; 256 unless given
 * @throws RangeError when two bands cover the same pair, a query has no key, or a position is not finite: the message names the
 * bands or the token; TypeError when an element is not a band, or has a key that is not known
 */
export const checkBands = (config: { readonly numTokens?: number }, mapping: Checked): void => {
  const { numTokens = 256 } = checkConfig("checkBands", config, { numTokens: optional(positive) });
  checkMapping("checkBands", mapping as PositionMapping);
  checkBandsOf("checkBands", mapping, numTokens);
};
