/** The numbers that methods read. Each row has the flag, its meaning, and the function that reads its text. */
import type { MethodNumbers } from "@ropewalk/context-extension/methods";
import { InvalidArgumentError } from "commander";
import { number, numberList } from "./parse-numbers.ts";

export type Numbers = MethodNumbers;

export type NumberName = keyof Numbers;

export type NumberRow<Value> = {
  readonly flag: string;
  /** The placeholder of the value in the help. */
  readonly value: string;
  readonly what: string;
  readonly read: (text: string) => Value;
};

const oneOf =
  <Name extends string>(...names: readonly Name[]) =>
  (text: string): Name => {
    const name = names.find((known) => known === text);
    if (name === undefined) throw new InvalidArgumentError(`must be ${names.join(" or ")}, got ${text}`);
    return name;
  };

const yesOrNo = (text: string): boolean => oneOf("yes", "no")(text) === "yes";

export const numberFlags: { readonly [Name in NumberName]-?: NumberRow<NonNullable<Numbers[Name]>> } = {
  groupSize: { flag: "--group-size", value: "<G>", what: "tokens that share a far position", read: number },
  window: {
    flag: "--window",
    value: "<W>",
    what: "tokens with exact positions; for string, the position of distance --shift-from",
    read: number,
  },
  shiftFrom: {
    flag: "--shift-from",
    value: "<S>",
    what: "the distance from which positions continue at --window",
    read: number,
  },
  positionChunk: {
    flag: "--position-chunk",
    value: "<C>",
    what: "the largest position, of chunks of C - L tokens; absent: as the config states it",
    read: number,
  },
  localSize: {
    flag: "--local-size",
    value: "<L>",
    what: "tokens that stay exact from one chunk to the next; absent: the same",
    read: number,
  },
  sinks: { flag: "--sinks", value: "<n>", what: "first tokens that are always attended", read: number },
  factor: {
    flag: "--factor",
    value: "<s>",
    what: "the longest length aimed at, as a multiple of the trained window",
    read: number,
  },
  originalContext: {
    flag: "--original-context",
    value: "<L>",
    what: "the window that the scaling counts from; absent: the trained one",
    read: number,
  },
  theta: { flag: "--theta", value: "<base>", what: "the rotary base", read: number },
  variant: {
    flag: "--variant",
    value: "<uniform|progressive>",
    what: "how the power of the factor grows from pair to pair: evenly, or ever faster",
    read: oneOf("uniform", "progressive"),
  },
  betaFast: {
    flag: "--beta-fast",
    value: "<turns>",
    what: "pairs that turn so often keep their frequency; absent: 32",
    read: number,
  },
  betaSlow: {
    flag: "--beta-slow",
    value: "<turns>",
    what: "pairs that turn so seldom are interpolated; absent: 1",
    read: number,
  },
  attentionFactor: {
    flag: "--attention-factor",
    value: "<f>",
    what: "the attention scale; absent: computed",
    read: number,
  },
  mscale: { flag: "--mscale", value: "<m>", what: "with --mscale-all-dim, the scale is their ratio", read: number },
  mscaleAllDim: { flag: "--mscale-all-dim", value: "<m>", what: "see --mscale", read: number },
  truncate: {
    flag: "--truncate",
    value: "<yes|no>",
    what: "round the ramp's ends to whole pairs; absent: yes",
    read: yesOrNo,
  },
  shortFactor: {
    flag: "--short-factor",
    value: "<list>",
    what: "a factor for each pair, by comma, within the window",
    read: numberList,
  },
  longFactor: {
    flag: "--long-factor",
    value: "<list>",
    what: "a factor for each pair, by comma, beyond the window",
    read: numberList,
  },
  lowFreqFactor: {
    flag: "--low-freq-factor",
    value: "<turns>",
    what: "pairs that turn less often are interpolated",
    read: number,
  },
  highFreqFactor: {
    flag: "--high-freq-factor",
    value: "<turns>",
    what: "pairs that turn more often keep their frequency",
    read: number,
  },
  exemptLayers: {
    flag: "--exempt-layers",
    value: "<n>",
    what: "first layers that are not scaled; absent: 0",
    read: number,
  },
};

export const numberNames = Object.keys(numberFlags) as readonly NumberName[];
