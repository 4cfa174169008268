/** The mean loss of many sequences, by runs of a few. */
import { ignoredLabel } from "@ropewalk/decoder/training";
import type { Gradients, Parameters } from "./adam-w.ts";
import type { LossGraph, Sequences } from "./loss-graph.ts";
import type { Fitted } from "./samples.ts";

/** How many tokens are learned: a first one is foretold by nothing. */
const learnedIn = (sequences: readonly Fitted[]): number =>
  sequences.reduce((sum, { labels }) => sum + labels.slice(1).filter((label) => label !== ignoredLabel).length, 0);

const asRun = (part: readonly Fitted[]): Sequences => ({
  ids: part.map(({ ids }) => ids),
  labels: part.map(({ labels }) => labels),
});

/** The mean loss of a batch and its gradients. Between runs the signal is looked at: nothing is changed yet. */
export const batchGradients = async (
  graph: LossGraph,
  parameters: Parameters,
  batch: readonly Fitted[],
  signal?: AbortSignal,
): Promise<{ readonly loss: number; readonly gradients: Gradients }> => {
  const { batchSize } = graph.batch;
  const total = learnedIn(batch);
  let loss = 0;
  let sum: Record<string, Float32Array> | undefined;
  for (let from = 0; from < batch.length; from += batchSize) {
    signal?.throwIfAborted();
    const run = await graph.gradients(parameters, asRun(batch.slice(from, from + batchSize)), total);
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
 * The mean loss over the tokens that are learned of, in nats; a last run that is not full is filled up with what counts nothing.
 * Undefined when it is aborted: a step may stand before it that is still to be told of.
 */
export const meanLoss = async (
  graph: LossGraph,
  parameters: Parameters,
  sequences: readonly Fitted[],
  signal?: AbortSignal,
): Promise<number | undefined> => {
  const { batchSize } = graph.batch;
  const total = learnedIn(sequences);
  const [{ ids, labels }] = sequences as readonly [Fitted];
  const nothing: Fitted = { ids, labels: labels.map(() => ignoredLabel) };
  let loss = 0;
  for (let from = 0; from < sequences.length; from += batchSize) {
    if (signal?.aborted) return undefined;
    const part = sequences.slice(from, from + batchSize);
    const filled = Array.from({ length: batchSize }, (_, at) => part[at] ?? nothing);
    loss += await graph.loss(parameters, asRun(filled), total);
  }
  return loss;
};
