/** The training loop: a batch, its gradients, a step of AdamW, until all steps are done. */
import { check, checkInteger, checkKeys, checkNumber } from "@ropewalk/check";
import type { LanguageModel } from "@ropewalk/generation";
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
import { needTunable } from "../weights/need-tunable.ts";
import { fitSamples, type FitConfig, type Sample } from "../samples/fit-samples.ts";
import { learningRateAt, type Schedule } from "../optimizer/learning-rate.ts";

/** The state of a run between two steps, from which it can be resumed. The next step changes its arrays. */
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
  /** Counts the tokens of the step's samples, each up to its last learned one. */
  readonly tokensPerSecond: number;
  /** Milliseconds that the remaining steps will take, by the mean of those done. */
  readonly timeLeft: number;
  /** The mean loss of the held-out samples after the step, in nats a token, where this step was evaluated. */
  readonly evaluation?: number;
  readonly state: TrainState;
};

/** Samples that are held out from training, and how often their loss is measured. */
export type Evaluation = {
  readonly data: readonly Sample[];
  /** Steps between two evaluations. There is always one before the first step and one after the last. */
  readonly every: number;
};

export type TrainConfig = AdamWConfig &
  FitConfig & {
    /**
     * The checkpoint to tune, under the extension that it is loaded with. Weights stored in blocks of a few bits stay as they are, so
     * beside them only an adapter can be learned.
     */
    readonly model: Pick<LanguageModel, "backend" | "source" | "extended">;
    readonly data: readonly Sample[];
    readonly steps: number;
    /** Samples a step. */
    readonly batchSize: number;
    /** How many runs a batch is split into, so that fewer samples are in memory at once. Default 1. */
    readonly gradientAccumulation?: number;
    /**
     * Whether the backward pass computes each layer's values a second time, instead of keeping them. The memory of a run then depends
     * on the length and hardly on the number of layers; a step takes a third longer and gives the same numbers. Default false.
     */
    readonly gradientCheckpointing?: boolean;
    /** The rate at the schedule's peak. */
    readonly learningRate: number;
    /** Default cosine. */
    readonly schedule?: Schedule;
    /** The largest norm of the gradients: longer gradients are scaled down to it. Infinity: never. Default 1. */
    readonly gradientClipping?: number;
    /** Given: an adapter is learned, and the weights stay as they are. Absent: all weights are learned. */
    readonly lora?: LoraConfig;
    /** Decides the order of the samples and the first values of an adapter. Default 0. */
    readonly seed?: number;
    /** Absent: no evaluation. */
    readonly evaluation?: Evaluation;
    /** The state of an earlier run with the same configuration, to resume it. Training changes the state's arrays. */
    readonly start?: TrainState;
    readonly signal?: AbortSignal;
    readonly onStep?: (step: TrainStep) => void | Promise<void>;
  };

export type Trained = {
  readonly state: TrainState;
  /** The loss of each step. */
  readonly losses: readonly number[];
  /** Losses of the held-out samples, with the number of steps done before each; empty without held-out samples. */
  readonly evaluations: readonly { readonly step: number; readonly loss: number }[];
  /** How many samples were cut, training and held-out samples together. */
  readonly cut: number;
};

/**
 * The held-out samples in the length of the others.
 *
 * @throws RangeError and TypeError as for the training samples
 */
const fitHeldOut = (fit: FitConfig, evaluation: Evaluation | undefined, vocabSize: number) => {
  if (evaluation === undefined) return undefined;
  checkKeys<Evaluation>("train", "evaluation", evaluation, { data: true, every: true });
  checkInteger("train", "evaluation.every", evaluation.every, 1);
  const fitted = fitSamples(fit, evaluation.data);
  checkTokens("train", "evaluation.data", evaluation.data, vocabSize);
  return fitted;
};

/**
 * Trains all weights of a model, or an adapter beside them, on samples of one length. The model itself does not change.
 *
 * @throws RangeError and TypeError for a model that cannot be trained and for values out of range; RangeError naming the step when the
 *   loss or a gradient is not a number, before that step changes the state that `onStep` got last; the signal's reason on an abort
 */
export const train = async (config: TrainConfig): Promise<Trained> => {
  checkTrainKeys("train", config);
  const { model, data, steps, batchSize, gradientAccumulation = 1, seqLen, longer = "refuse" } = config;
  const { learningRate, schedule = { kind: "cosine" }, gradientClipping = 1, seed = 0, signal, onStep } = config;
  const { beta1, beta2, epsilon, weightDecay } = config;
  const setOptions = Object.entries({ beta1, beta2, epsilon, weightDecay }).filter(([, value]) => value !== undefined);
  const optimizer = checkAdamW("train", "config", Object.fromEntries(setOptions));
  checkInteger("train", "batchSize", batchSize, 1);
  checkInteger("train", "gradientAccumulation", gradientAccumulation, 1);
  check(
    batchSize % gradientAccumulation === 0,
    `train: batchSize must be a multiple of gradientAccumulation ${gradientAccumulation}`,
    batchSize,
  );
  checkNumber("train", "gradientClipping", gradientClipping, gradientClipping > 0, "> 0");
  checkInteger("train", "seed", seed, -(2 ** 31), 2 ** 31 - 1);
  const rate = (step: number): number => learningRateAt({ learningRate, steps, schedule }, step);
  rate(0);
  const checkpoint = needTunable("train", model.source);
  const { sequences, cut } = fitSamples({ seqLen, longer }, data);
  checkTokens("train", "data", data, checkpoint.decoder.vocabSize);
  const heldOut = fitHeldOut({ seqLen, longer }, config.evaluation, checkpoint.decoder.vocabSize);
  signal?.throwIfAborted();

  const { decoder } = checkpoint;
  const lora = config.lora && loraOf("train", decoder, config.lora);
  if (config.start) {
    // A run from the beginning does this check where it reads the weights.
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
  const startTime = performance.now();
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
      const evaluated = await evaluate(step + 1);
      await onStep?.({
        step: step + 1,
        loss,
        gradientNorm: norm,
        learningRate: rate(step),
        state,
        tokensPerSecond: (1000 * samples.reduce((sum, sample) => sum + usedTokens(sample), 0)) / took,
        timeLeft: ((performance.now() - startTime) / losses.length) * (steps - state.step),
        ...evaluated,
      });
    }
  } finally {
    await graphs.release();
  }
  return { state, losses, evaluations, cut: cut + (heldOut?.cut ?? 0) };
};
