/** The steps that leave only some tokens to be drawn, a row each, in the order in which they are taken. */
import { optional, type Rule } from "@ropewalk/check";
import type { Cut } from "./cut.ts";
import { minP } from "./min-p.ts";
import { topK } from "./top-k.ts";
import { topP } from "./top-p.ts";

// A row states its type beside its value, since declarations are emitted file by file.
const cuts = {
  /** Only the most likely, so many. */
  topK: topK as Cut,
  /** Above 0, at most 1: only the most likely that together have this probability. */
  topP: topP as Cut,
  /** Above 0, at most 1: only those that have this share of the most likely's probability. */
  minP: minP as Cut,
} as const;

type Table = typeof cuts;

/** What leaves only some tokens to be drawn; absent fields leave all. */
export type Cuts = { readonly [Name in keyof Table]?: number };

const names = Object.keys(cuts) as readonly (keyof Table)[];

export const cutKeys: { readonly [Name in keyof Table]: Rule } = Object.fromEntries(
  names.map((name) => [name, optional(cuts[name].rule)]),
) as { readonly [Name in keyof Table]: Rule };

/** The cuts that the graph of several steps has not, of those asked for. */
export const cutsNotInMultiStep = (given: Cuts): readonly string[] =>
  names.filter((name) => given[name] !== undefined && !cuts[name].inMultiStep);

/** Those of the weights that stay, the largest first. */
export const cut = (given: Cuts, weights: Float64Array): Float64Array =>
  names.reduce((left, name) => {
    const value = given[name];
    return value === undefined ? left : left.subarray(0, cuts[name].keep(value, left));
  }, weights);
