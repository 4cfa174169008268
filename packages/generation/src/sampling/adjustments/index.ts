/** The steps that change logits, a row each, in the order in which they are applied. */
import { optional, type Rule } from "@ropewalk/check";
import type { Tally } from "../tally.ts";
import type { Adjustment } from "./adjustment.ts";
import { frequencyPenalty } from "./frequency-penalty.ts";
import { logitBias } from "./logit-bias.ts";
import { presencePenalty } from "./presence-penalty.ts";
import { repetitionPenalty } from "./repetition-penalty.ts";

// A row states its type beside its value, since declarations are emitted file by file.
const adjustments = {
  /** Numbers that are added to logits, by token id. -Infinity rules a token out. */
  logitBias: logitBias as typeof logitBias,
  /** Above 1: tokens of the prompt and added tokens become less likely. */
  repetitionPenalty: repetitionPenalty as typeof repetitionPenalty,
  /** Above 0: a token becomes less likely with each time that it was added. */
  frequencyPenalty: frequencyPenalty as typeof frequencyPenalty,
  /** Above 0: tokens that were added become less likely. */
  presencePenalty: presencePenalty as typeof presencePenalty,
} as const;

type Table = typeof adjustments;

/** The adjustments of a sampling. An absent field changes nothing. */
export type Adjustments = {
  readonly [Name in keyof Table]?: Table[Name] extends Adjustment<infer Value> ? Value : never;
};

const names = Object.keys(adjustments) as readonly (keyof Table)[];

export const adjustmentKeys: { readonly [Name in keyof Table]: Rule } = Object.fromEntries(
  names.map((name) => [name, optional(adjustments[name].rule)]),
) as { readonly [Name in keyof Table]: Rule };

type Active = { readonly step: Adjustment<never>; readonly value: never };

const active = (given: Adjustments): readonly Active[] =>
  names
    .map((name) => ({ step: adjustments[name] as Adjustment<never>, value: given[name] as never }))
    .filter(({ step, value }) => value !== undefined && !step.isNeutral(value));

/** Whether any of them changes logits. */
export const hasAdjustments = (given: Adjustments): boolean => active(given).length > 0;

/** @throws RangeError where a value does not fit the vocabulary */
export const checkAdjustmentsFit = (where: string, given: Adjustments, vocabSize: number): void => {
  for (const { step, value } of active(given)) step.checkFit?.(where, value, vocabSize);
};

/** The logits after these steps: a changed copy, or the same array where nothing changes. `tally` is asked only where something changes. */
export const adjust = (given: Adjustments, logits: Float32Array, tally: () => Tally): Float32Array => {
  const steps = active(given);
  if (steps.length === 0) return logits;
  const changed = logits.slice();
  const counts = tally();
  for (const { step, value } of steps) step.apply(value, changed, counts);
  return changed;
};
