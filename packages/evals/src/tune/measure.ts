/** Measures a candidate on one sample: the far loss, which decides, and the near loss, which shows harm inside the window. */
import { tokenLosses, type LossModel } from "../perplexity/token-losses.ts";
import type { TuneSample } from "./samples.ts";

/** A sum of losses and their number. Samples are joined by adding both. */
export type LossSum = { readonly sum: number; readonly tokens: number };

export type SampleLoss = { readonly far: LossSum; readonly near: LossSum };

const none: LossSum = { sum: 0, tokens: 0 };

const added = (a: LossSum, loss: number): LossSum => ({ sum: a.sum + loss, tokens: a.tokens + 1 });

export const sampleLoss = async (
  model: LossModel,
  { ids, far, near, masked }: TuneSample,
  signal?: AbortSignal,
): Promise<SampleLoss> => {
  const losses = await tokenLosses(model, ids, signal === undefined ? {} : { signal });
  let sums: SampleLoss = { far: none, near: none };
  losses.forEach((loss, position) => {
    if (masked.includes(ids[position + 1]!)) return;
    if (position >= far) sums = { ...sums, far: added(sums.far, loss) };
    else if (position < near) sums = { ...sums, near: added(sums.near, loss) };
  });
  return sums;
};
