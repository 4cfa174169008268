/** The loop: batches, gradients, a step of AdamW, until the asked number of steps is done. */
import { check, checkInteger, checkKeys, checkNumber, type Keys } from "@ropewalk/check";
import { ignoredLabel } from "@ropewalk/decoder/training";
import { needCheckpoint, type LanguageModel } from "@ropewalk/generation";
import { adamWStep, checkAdamW, startAdamW, type AdamWConfig, type AdamWState, type Parameters } from "./adam-w.ts";
import { batchOf } from "./batches.ts";
import { clipGradients, gradientNorm } from "./clip.ts";
import { openLossGraph, type LossGraph } from "./loss-graph.ts";
import { readParameters } from "./parameters.ts";
import { fitSamples, type FitConfig, type Fitted, type Sample } from "./samples.ts";
import { rateOf, type Schedule } from "./schedule.ts";

/** Where a run stands: it can be gone on with from here. Its arrays are changed by the next step. */
export type TrainState = {
  /** Steps done. */
  readonly step: number;
  readonly parameters: Parameters;
  readonly optimizer: AdamWState;
};

export type TrainStep = {
  /** Counted from 1. */
  readonly step: number;
  /** The batch's mean loss before the step, in nats a token. */
  readonly loss: number;
  /** The norm of all gradients before they were clipped. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly tokensPerSecond: number;
  /** Milliseconds that the steps to come will take, by the mean of those done. */
  readonly timeLeft: number;
  readonly state: TrainState;
};

export type TrainConfig = AdamWConfig &
  FitConfig & {
    /** What is tuned, under the extension that it is loaded with: a checkpoint whose weights are not in blocks of a few bits. */
    readonly model: Pick<LanguageModel, "backend" | "source" | "extended">;
    readonly data: readonly Sample[];
    readonly steps: number;
    /** Samples a step. */
    readonly batchSize: number;
    /** Runs that a batch is split into, so that fewer samples are in memory at once. Default 1. */
    readonly gradientAccumulation?: number;
    /** At its peak. */
    readonly learningRate: number;
    /** Default cosine. */
    readonly schedule?: Schedule;
    /** The norm that gradients are shortened to where theirs is larger; Infinity for never. Default 1. */
    readonly gradientClipping?: number;
    /** The order of the samples. Default 0. */
    readonly seed?: number;
    /** Where an earlier run of the same configuration stood; its arrays are gone on with. */
    readonly start?: TrainState;
    readonly signal?: AbortSignal;
    readonly onStep?: (step: TrainStep) => void | Promise<void>;
  };

export type Trained = {
  readonly state: TrainState;
  /** Of every step that was done. */
  readonly losses: readonly number[];
  /** Samples that were cut. */
  readonly cut: number;
};

const keys: Keys<TrainConfig> = {
  ...{ model: true, data: true, steps: true, batchSize: true, seqLen: true, longer: true },
  ...{ beta1: true, beta2: true, epsilon: true, weightDecay: true },
  ...{ gradientAccumulation: true, learningRate: true, schedule: true, gradientClipping: true },
  ...{ seed: true, start: true, signal: true, onStep: true },
};

/** What people write elsewhere. */
const meant = { lr: "learningRate", epochs: "steps", maxSteps: "steps", contextLength: "seqLen" };

const learnedIn = (sequences: readonly Fitted[]): number =>
  sequences.reduce((sum, { labels }) => sum + labels.slice(1).filter((label) => label !== ignoredLabel).length, 0);

/** @throws RangeError when a token or a label is none of the vocabulary */
const checkTokens = (data: readonly Sample[], vocabSize: number): void => {
  for (const [index, { ids, labels = [] }] of data.entries())
    for (const [name, tokens] of Object.entries({ ids, labels }))
      for (const [at, token] of tokens.entries())
        if (!(name === "labels" && token === ignoredLabel))
          checkInteger("train", `data[${index}].${name}[${at}]`, token, 0, vocabSize - 1);
};

/** The mean loss of a batch and its gradients, run by run. */
const lossOf = async (graph: LossGraph, parameters: Parameters, batch: readonly Fitted[]) => {
  const { batchSize } = graph.batch;
  const total = learnedIn(batch);
  let loss = 0;
  let sum: Record<string, Float32Array> | undefined;
  for (let from = 0; from < batch.length; from += batchSize) {
    const part = batch.slice(from, from + batchSize);
    const run = await graph.gradients(
      parameters,
      { ids: part.map(({ ids }) => ids), labels: part.map(({ labels }) => labels) },
      total,
    );
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
 * Trains all weights of a model on samples of one length. The model itself is left as it is.
 *
 * @throws RangeError and TypeError for what cannot be trained or is out of range; RangeError naming the step when the loss or a gradient
 *   is no number: the step is not done then, and what `onStep` gave last is whole; whatever the signal was aborted with
 */
export const train = async (config: TrainConfig): Promise<Trained> => {
  checkKeys<TrainConfig>("train", "config", config, keys, meant);
  const { model, data, steps, batchSize, gradientAccumulation = 1, seqLen, longer = "refuse" } = config;
  const { learningRate, schedule = { kind: "cosine" }, gradientClipping = 1, seed = 0, signal, onStep } = config;
  const { beta1, beta2, epsilon, weightDecay } = config;
  const given = Object.entries({ beta1, beta2, epsilon, weightDecay }).filter(([, value]) => value !== undefined);
  const optimizer = checkAdamW("train", "config", Object.fromEntries(given));
  checkInteger("train", "batchSize", batchSize, 1);
  checkInteger("train", "gradientAccumulation", gradientAccumulation, 1);
  check(
    batchSize % gradientAccumulation === 0,
    `train: batchSize must be a multiple of gradientAccumulation ${gradientAccumulation}`,
    batchSize,
  );
  checkNumber("train", "gradientClipping", gradientClipping, gradientClipping > 0, "> 0");
  checkInteger("train", "seed", seed, -(2 ** 31), 2 ** 31 - 1);
  const rate = (step: number): number => rateOf({ learningRate, steps, schedule }, step);
  rate(0);
  const checkpoint = needCheckpoint("train", model.source);
  const { sequences, cut } = fitSamples({ seqLen, longer }, data);
  checkTokens(data, checkpoint.decoder.vocabSize);
  signal?.throwIfAborted();

  const parameters = config.start?.parameters ?? (await readParameters(checkpoint));
  let state: TrainState = config.start ?? { step: 0, parameters, optimizer: startAdamW(parameters) };
  checkInteger("train", "start.step", state.step, 0, steps);
  const batch = { batchSize: batchSize / gradientAccumulation, seqLen };
  const extended = { ...model.extended, decoder: checkpoint.decoder };
  const graph = await openLossGraph(model.backend, extended, batch, Object.keys(parameters));
  const losses: number[] = [];
  const begun = performance.now();
  try {
    while (state.step < steps) {
      signal?.throwIfAborted();
      const at = performance.now();
      const { step } = state;
      const places = batchOf({ count: sequences.length, batchSize, seed }, step);
      const { loss, gradients } = await lossOf(
        graph,
        parameters,
        places.map((place) => sequences[place]!),
      );
      check(Number.isFinite(loss), `train: the loss of step ${step + 1} must be a number`, loss);
      const norm = gradientClipping === Infinity ? gradientNorm(gradients) : clipGradients(gradients, gradientClipping);
      check(Number.isFinite(norm), `train: the gradients of step ${step + 1} must be numbers, and their norm`, norm);
      const next = adamWStep(optimizer, rate(step), parameters, gradients, state.optimizer);
      state = { step: step + 1, parameters, optimizer: next };
      losses.push(loss);
      const now = performance.now();
      await onStep?.({
        ...{ step: step + 1, loss, gradientNorm: norm, learningRate: rate(step), state },
        tokensPerSecond: (1000 * batchSize * seqLen) / (now - at),
        timeLeft: ((now - begun) / losses.length) * (steps - state.step),
      });
    }
  } finally {
    await graph.release();
  }
  return { state, losses, cut };
};
