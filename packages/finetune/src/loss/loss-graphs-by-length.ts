/**
 * Loss graphs of a few lengths: a run is as long as its longest sample is, rounded up to N / 8, N / 4, N / 2 or N. What stands behind
 * the last token that is learned is seen by none that is, so that the loss and its gradients are the same.
 */
import { ignoredLabel } from "@ropewalk/decoder/training";
import type { Parameters } from "../optimizer/adam-w.ts";
import { openLossGraph, type LossGraph, type LossGraphConfig } from "./loss-graph.ts";
import type { Fitted } from "../samples/fit-samples.ts";

type Run<Name extends "gradients" | "loss"> = (
  parameters: Parameters,
  samples: readonly Fitted[],
  total: number,
) => ReturnType<LossGraph[Name]>;

export type LossGraphs = {
  /** Samples of a run. */
  readonly batchSize: number;
  readonly gradients: Run<"gradients">;
  readonly loss: Run<"loss">;
  readonly release: () => Promise<void>;
};

/** Tokens up to the last one that is learned. */
export const usedTokens = ({ labels }: Fitted): number => labels.findLastIndex((label) => label !== ignoredLabel) + 1;

/** Sessions are few, and their memory together is little more than that of the longest: it goes with the square of the length. */
const shares = [8, 4, 2, 1] as const;

/** The length of a run whose longest sample has so many tokens. */
export const lengthOf = (used: number, seqLen: number): number =>
  shares.map((share) => Math.ceil(seqLen / share)).find((length) => length >= Math.max(2, used)) ?? seqLen;

/** Each graph is loaded when a run is first of its length. */
export const lossGraphs = (config: LossGraphConfig): LossGraphs => {
  const { batchSize, seqLen } = config.batch;
  const graphs = new Map<number, Promise<LossGraph>>();
  const graphFor = (length: number): Promise<LossGraph> => {
    const graph =
      graphs.get(length) ?? openLossGraph({ ...config, batch: { batchSize, seqLen: length }, context: seqLen });
    graphs.set(length, graph);
    return graph;
  };
  const fitted = async (samples: readonly Fitted[]) => {
    const length = lengthOf(Math.max(...samples.map(usedTokens)), seqLen);
    const sequences = {
      ids: samples.map(({ ids }) => ids.slice(0, length)),
      labels: samples.map(({ labels }) => labels.slice(0, length)),
    };
    return { graph: await graphFor(length), sequences };
  };
  return {
    batchSize,
    gradients: async (parameters, samples, total) => {
      const { graph, sequences } = await fitted(samples);
      return graph.gradients(parameters, sequences, total);
    },
    loss: async (parameters, samples, total) => {
      const { graph, sequences } = await fitted(samples);
      return graph.loss(parameters, sequences, total);
    },
    release: async () => {
      // One that could not be loaded was told to who asked for it.
      for (const graph of graphs.values()) await (await graph.catch(() => undefined))?.release();
    },
  };
};
