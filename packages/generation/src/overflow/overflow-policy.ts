/** Policies for a run whose prompt and new tokens exceed the capacity: those that are shipped, and functions of the caller. */
import { byVariant, check, optional, whole, type Rule, type Variants } from "@ropewalk/check";
import type { BeyondCapacity } from "./capacity.ts";

/** A run that does not fit. */
export type Overflowing = {
  /** All ids of the prompt, those of the prefix included. */
  readonly ids: readonly number[];
  /** How many tokens fit, prompt and new tokens together. */
  readonly capacity: number;
  /** How many new tokens room is kept for. */
  readonly newTokens: number;
};

/** Gives the ids that are run instead: some of the run's ids, in their order. */
export type OverflowPolicy = (run: Overflowing) => readonly number[];

/** A policy as data. */
export type Overflow =
  /** Runs the first `first` tokens of the prompt, and as many of the newest as fit. */
  | { readonly kind: "keep-ends"; readonly first: number }
  /** Runs the whole prompt under the same extension with a larger group size, or a larger factor or shift where it has no groups. */
  | { readonly kind: "regroup" };

/** Keeps the beginning of a prompt and its newest tokens. The tokens between them are left out. */
export const keepEnds = (ends: { readonly first: number }): Overflow => checked({ ...ends, kind: "keep-ends" });

/** Keeps the whole prompt, under positions that have room for it. */
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

/** The first `first` ids, and as many of the newest as fit. */
export const endsOf = (first: number, { ids, capacity, newTokens }: Overflowing): readonly number[] => {
  const room = capacity - newTokens;
  check(
    first < room,
    `generate: beyondCapacity.first must be below ${room}, what fits of a prompt beside ${newTokens} new tokens in ${capacity}`,
    first,
  );
  return [...ids.slice(0, first), ...ids.slice(ids.length - (room - first))];
};
