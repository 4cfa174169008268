/**
 * Loss graphs of four lengths: N / 8, N / 4, N / 2 and N tokens. A run takes the shortest graph that holds its longest sample. No learned
 * token sees the tokens after the last learned one, so cutting them off changes neither the loss nor its gradients.
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

/** The number of tokens up to the last learned one. */
export const usedTokens = ({ labels }: Fitted): number => labels.findLastIndex((label) => label !== ignoredLabel) + 1;

/** A session's memory grows with the square of its length, so the short ones add little to the longest. */
const shares = [8, 4, 2, 1] as const;

/** The length of the graph for a run whose longest sample has `used` tokens. */
export const lengthOf = (used: number, seqLen: number): number =>
  shares.map((share) => Math.ceil(seqLen / share)).find((length) => length >= Math.max(2, used)) ?? seqLen;

/** The graphs. Each is loaded when a run first needs its length. */
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
      // If a graph could not be loaded, the run that needed it has thrown that error already.
      for (const graph of graphs.values()) await (await graph.catch(() => undefined))?.release();
    },
  };
};
