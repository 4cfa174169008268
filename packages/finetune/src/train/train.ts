/** The loop: batches, gradients, a step of AdamW, until the asked number of steps is done. */
import { check, checkInteger, checkKeys, checkNumber } from "@ropewalk/check";
import { needCheckpoint, type LanguageModel } from "@ropewalk/generation";
import {
  adamWStep,
  checkAdamW,
  startAdamW,
  type AdamWConfig,
  type AdamWState,
  type Parameters,
} from "../optimizer/adam-w.ts";
import { batchOf } from "../samples/batch-order.ts";
import { clipGradients, gradientNorm } from "../optimizer/clip-gradients.ts";
import { batchGradients, meanLoss } from "../loss/batch-loss.ts";
import { checkStart } from "./check-start.ts";
import { checkTokens } from "../samples/check-tokens.ts";
import { checkTrainKeys } from "./check-train-config.ts";
import { lossGraphs, usedTokens } from "../loss/loss-graphs-by-length.ts";
import { frozenBeside, loraOf, loraShapes, startLora, type LoraConfig } from "../weights/lora.ts";
import { checkLearnable, readParameters } from "../weights/learnable-weights.ts";
import { fitSamples, type FitConfig, type Sample } from "../samples/fit-samples.ts";
import { rateOf, type Schedule } from "../optimizer/learning-rate.ts";

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
  /** Tokens of the step's samples, up to the last one that is learned. */
  readonly tokensPerSecond: number;
  /** Milliseconds that the steps to come will take, by the mean of those done. */
  readonly timeLeft: number;
  /** The mean loss of the held-out samples after the step, in nats a token, where it was looked at. */
  readonly evaluation?: number;
  readonly state: TrainState;
};

/** Samples that are not learned from, and how often their loss is looked at. */
export type Evaluation = {
  readonly data: readonly Sample[];
  /** Every so many steps; before the first and after the last in any case. */
  readonly every: number;
};

export type TrainConfig = AdamWConfig &
  FitConfig & {
    /**
     * What is tuned, under the extension that it is loaded with: a checkpoint, whose weights are not in blocks of a few bits unless an
     * adapter alone is learned.
     */
    readonly model: Pick<LanguageModel, "backend" | "source" | "extended">;
    readonly data: readonly Sample[];
    readonly steps: number;
    /** Samples a step. */
    readonly batchSize: number;
    /** Runs that a batch is split into, so that fewer samples are in memory at once. Default 1. */
    readonly gradientAccumulation?: number;
    /**
     * Whether a layer's values are computed anew on the way back in place of being kept, so that length, not depth, says how much memory
     * a run takes; it takes a third more time, and gives the same numbers. Default false.
     */
    readonly gradientCheckpointing?: boolean;
    /** At its peak. */
    readonly learningRate: number;
    /** Default cosine. */
    readonly schedule?: Schedule;
    /** The norm that gradients are shortened to where theirs is larger; Infinity for never. Default 1. */
    readonly gradientClipping?: number;
    /** An adapter is learned, and the weights stay as they are. Absent: all weights are learned. */
    readonly lora?: LoraConfig;
    /** The order of the samples, and the beginning of an adapter. Default 0. */
    readonly seed?: number;
    /** Absent: none. */
    readonly evaluation?: Evaluation;
    /** Where an earlier run of the same configuration stood; its arrays are gone on with. */
    readonly start?: TrainState;
    readonly signal?: AbortSignal;
    readonly onStep?: (step: TrainStep) => void | Promise<void>;
  };

export type Trained = {
  readonly state: TrainState;
  /** Of every step that was done. */
  readonly losses: readonly number[];
  /** Losses of the held-out samples, by the number of steps done before; empty where none are held out. */
  readonly evaluations: readonly { readonly step: number; readonly loss: number }[];
  /** Samples that were cut, of both kinds. */
  readonly cut: number;
};

/** @throws RangeError and TypeError as for what is learned from */
const fitHeldOut = (fit: FitConfig, evaluation: Evaluation | undefined, vocabSize: number) => {
  if (evaluation === undefined) return undefined;
  checkKeys<Evaluation>("train", "evaluation", evaluation, { data: true, every: true });
  checkInteger("train", "evaluation.every", evaluation.every, 1);
  const fitted = fitSamples(fit, evaluation.data);
  checkTokens("train", "evaluation.data", evaluation.data, vocabSize);
  return fitted;
};

/**
 * Trains all weights of a model, or an adapter beside them, on samples of one length. The model itself is left as it is.
 *
 * @throws RangeError and TypeError for what cannot be trained or is out of range; RangeError naming the step when the loss or a gradient
 *   is no number: the step is not done then, and what `onStep` gave last is whole; whatever the signal was aborted with
 */
export const train = async (config: TrainConfig): Promise<Trained> => {
  checkTrainKeys("train", config);
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
  checkTokens("train", "data", data, checkpoint.decoder.vocabSize);
  const heldOut = fitHeldOut({ seqLen, longer }, config.evaluation, checkpoint.decoder.vocabSize);
  signal?.throwIfAborted();

  const { decoder } = checkpoint;
  const lora = config.lora && loraOf("train", decoder, config.lora);
  if (config.start) {
    // Of a run that begins it is asked where its weights are read.
    if (!lora) checkLearnable("train", checkpoint);
    checkStart("train", config.start, lora ? loraShapes(lora, decoder) : decoder.tensors, steps);
  }
  const begin = async () => (lora ? startLora(lora, decoder, seed) : readParameters(checkpoint));
  const parameters = config.start?.parameters ?? (await begin());
  let state: TrainState = config.start ?? { step: 0, parameters, optimizer: startAdamW(parameters) };
  const batch = { batchSize: batchSize / gradientAccumulation, seqLen };
  const extended = { ...model.extended, decoder };
  const frozen = lora && (await frozenBeside(lora, checkpoint, model.backend));
  const graphs = lossGraphs({
    backend: model.backend,
    extended,
    batch,
    learned: Object.keys(parameters),
    frozen,
    gradientCheckpointing: config.gradientCheckpointing ?? false,
  });
  const losses: number[] = [];
  const evaluations: { readonly step: number; readonly loss: number }[] = [];
  const first = state.step;
  const evaluate = async (step: number): Promise<{ readonly evaluation?: number }> => {
    const due = step === first || step === steps || step % (config.evaluation?.every ?? 1) === 0;
    if (heldOut === undefined || !due) return {};
    const evaluation = await meanLoss(graphs, parameters, heldOut.sequences, signal);
    if (evaluation === undefined) return {};
    evaluations.push({ step, loss: evaluation });
    return { evaluation };
  };
  const begun = performance.now();
  try {
    await evaluate(first);
    while (state.step < steps) {
      signal?.throwIfAborted();
      const at = performance.now();
      const { step } = state;
      const places = batchOf({ count: sequences.length, batchSize, seed }, step);
      const samples = places.map((place) => sequences[place]!);
      const { loss, gradients } = await batchGradients(graphs, parameters, samples, signal);
      check(Number.isFinite(loss), `train: the loss of step ${step + 1} must be a number`, loss);
      const norm = gradientClipping === Infinity ? gradientNorm(gradients) : clipGradients(gradients, gradientClipping);
      check(Number.isFinite(norm), `train: the gradients of step ${step + 1} must be numbers, and their norm`, norm);
      const next = adamWStep(optimizer, rate(step), parameters, gradients, state.optimizer);
      losses.push(loss);
      const took = performance.now() - at;
      state = { step: step + 1, parameters, optimizer: next };
      const looked = await evaluate(step + 1);
      await onStep?.({
        step: step + 1,
        loss,
        gradientNorm: norm,
        learningRate: rate(step),
        state,
        tokensPerSecond: (1000 * samples.reduce((sum, sample) => sum + usedTokens(sample), 0)) / took,
        timeLeft: ((performance.now() - begun) / losses.length) * (steps - state.step),
        ...looked,
      });
    }
  } finally {
    await graphs.release();
  }
  return { state, losses, evaluations, cut: cut + (heldOut?.cut ?? 0) };
};
