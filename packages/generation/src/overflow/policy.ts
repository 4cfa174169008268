/** What a run does whose prompt and new tokens do not fit the capacity: policies, shipped and one's own. */
import { byVariant, check, optional, whole, type Rule, type Variants } from "@ropewalk/check";
import type { BeyondCapacity } from "./capacity.ts";

/** A run that does not fit. */
export type Overflowing = {
  /** Of the prompt, with those of what it stands behind. */
  readonly ids: readonly number[];
  /** Tokens that fit, prompt and new ones together. */
  readonly capacity: number;
  /** New tokens that room is kept for. */
  readonly newTokens: number;
};

/** The ids that are run instead: some of those that were there, in their order. */
export type OverflowPolicy = (run: Overflowing) => readonly number[];

/** A policy as data. */
export type Overflow =
  /** Runs the prompt's first `first` tokens, and of the rest the newest that fit. */
  | { readonly kind: "keep-ends"; readonly first: number }
  /** Runs all of it under the same extension with a larger group size, or what grows in its place. */
  | { readonly kind: "regroup" };

/** Keeps a prompt's beginning and its newest tokens; what is between them is left out. */
export const keepEnds = (ends: { readonly first: number }): Overflow => checked({ ...ends, kind: "keep-ends" });

/** Keeps all of a prompt, under positions that hold it. */
export const regroup = (): Overflow => ({ kind: "regroup" });

const kinds: Variants<Overflow, Overflow> = {
  "keep-ends": [{ first: whole }, (overflow) => overflow],
  regroup: [{}, (overflow) => overflow],
};

const checked = (overflow: Overflow): Overflow => byVariant("keepEnds", "overflow", overflow, kinds);

const isWord: Rule = (where, name, value) => {
  const words: readonly unknown[] = ["refuse", "allow"] satisfies BeyondCapacity[];
  check(
    words.includes(value),
    `${where}: ${name} must be "refuse", "allow", keepEnds({ first }), regroup() or a function`,
    value,
  );
};

export const isOverflowChoice: Rule = (where, name, value) => {
  if (typeof value === "function") return;
  if (typeof value === "object" && value !== null) byVariant(where, name, value as Overflow, kinds);
  else optional(isWord)(where, name, value);
};

/** The first `first` ids, and of the rest the newest. */
export const endsOf = (first: number, { ids, capacity, newTokens }: Overflowing): readonly number[] => {
  const room = capacity - newTokens;
  check(
    first < room,
    `generate: beyondCapacity.first must be below ${room}, what fits of a prompt beside ${newTokens} new tokens in ${capacity}`,
    first,
  );
  return [...ids.slice(0, first), ...ids.slice(ids.length - (room - first))];
};
