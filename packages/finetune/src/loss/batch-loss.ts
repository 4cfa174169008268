/** The mean loss of a batch, in runs of a few sequences each. */
import { ignoredLabel } from "@ropewalk/decoder/training";
import type { Gradients, Parameters } from "../optimizer/adam-w.ts";
import { usedTokens, type LossGraphs } from "./loss-graphs-by-length.ts";
import { learnedOf, type Fitted } from "../samples/fit-samples.ts";

const learnedIn = (sequences: readonly Fitted[]): number =>
  sequences.reduce((sum, sequence) => sum + learnedOf(sequence), 0);

/** The longest first. Sequences of similar length then share a run, and a run is as long as its longest sequence. */
const byLength = (sequences: readonly Fitted[]): readonly Fitted[] =>
  sequences.toSorted((a, b) => usedTokens(b) - usedTokens(a));

/** The mean loss of a batch and its gradients. An abort between two runs is safe: no parameter has changed yet. */
export const batchGradients = async (
  graphs: LossGraphs,
  parameters: Parameters,
  batch: readonly Fitted[],
  signal?: AbortSignal,
): Promise<{ readonly loss: number; readonly gradients: Gradients }> => {
  const { batchSize } = graphs;
  const total = learnedIn(batch);
  const sorted = byLength(batch);
  let loss = 0;
  let sum: Record<string, Float32Array> | undefined;
  for (let from = 0; from < sorted.length; from += batchSize) {
    signal?.throwIfAborted();
    const run = await graphs.gradients(parameters, sorted.slice(from, from + batchSize), total);
    loss += run.loss;
    if (sum === undefined) sum = { ...run.gradients };
    else
      for (const [name, gradient] of Object.entries(run.gradients)) {
        const into = sum[name]!;
        for (let at = 0; at < into.length; at++) into[at]! += gradient[at]!;
      }
  }
  return { loss, gradients: sum! };
};

/**
 * The mean loss over the learned tokens, in nats. The last run is filled up with sequences that have no learned token.
 *
 * @returns undefined when the signal is aborted: it does not throw, because the step before this still has to be reported
 */
export const meanLoss = async (
  graphs: LossGraphs,
  parameters: Parameters,
  sequences: readonly Fitted[],
  signal?: AbortSignal,
): Promise<number | undefined> => {
  const { batchSize } = graphs;
  const total = learnedIn(sequences);
  const sorted = byLength(sequences);
  const [{ ids, labels }] = sequences as readonly [Fitted];
  const nothing: Fitted = { ids, labels: labels.map(() => ignoredLabel) };
  let loss = 0;
  for (let from = 0; from < sorted.length; from += batchSize) {
    if (signal?.aborted) return undefined;
    const part = sorted.slice(from, from + batchSize);
    const filled = Array.from({ length: batchSize }, (_, at) => part[at] ?? nothing);
    loss += await graphs.loss(parameters, filled, total);
  }
  return loss;
};
