/** The steps that leave only some tokens to be drawn, a row each, in the order in which they are applied. */
import { optional, type Rule } from "@ropewalk/check";
import type { Cut } from "./cut.ts";
import { minP } from "./min-p.ts";
import { topK } from "./top-k.ts";
import { topP } from "./top-p.ts";

// A row states its type beside its value, since declarations are emitted file by file.
const cuts = {
  /** How many of the most likely tokens stay. */
  topK: topK as Cut,
  /** Above 0, at most 1: the most likely tokens stay that together have this probability. */
  topP: topP as Cut,
  /** Above 0, at most 1: tokens stay that have at least this share of the highest probability. */
  minP: minP as Cut,
} as const;

type Table = typeof cuts;

/** The cuts of a sampling. An absent field leaves all tokens. */
export type Cuts = { readonly [Name in keyof Table]?: number };

const names = Object.keys(cuts) as readonly (keyof Table)[];

export const cutKeys: { readonly [Name in keyof Table]: Rule } = Object.fromEntries(
  names.map((name) => [name, optional(cuts[name].rule)]),
) as { readonly [Name in keyof Table]: Rule };

/** The cuts that are asked for and that the multi-step graph does not have. */
export const cutsNotInMultiStep = (given: Cuts): readonly string[] =>
  names.filter((name) => given[name] !== undefined && !cuts[name].inMultiStep);

/** The weights that stay, the largest first. */
export const cut = (asked: Cuts, weights: Float64Array): Float64Array =>
  names.reduce((left, name) => {
    const value = asked[name];
    return value === undefined ? left : left.subarray(0, cuts[name].keep(value, left));
  }, weights);
