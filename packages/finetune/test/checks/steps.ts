/** A few steps of the loop on stories260K, and all that they leave: the same on every backend, in Node and in a page. */
import type { Backend } from "@ropewalk/backend";
import { loadModel } from "@ropewalk/generation";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { cutText, entropyAbfRecipe, train, type LoraConfig } from "../../src/index.ts";
import type { OpenModelFolder } from "./place.ts";

type Run = {
  readonly steps: number;
  readonly quantize?: "q4";
  readonly lora?: LoraConfig;
  readonly gradientCheckpointing?: true;
  /** Tokens of a sample; default 72. */
  readonly seqLen?: number;
};

const runs = {
  "all weights": { steps: 10 },
  // The same graph, for the software driver of a browser.
  "all weights, a few steps": { steps: 4 },
  // Attention in blocks of rows.
  "all weights, recomputed": { steps: 2, gradientCheckpointing: true, seqLen: 300 },
  "an adapter over 4 bits": { steps: 3, quantize: "q4", lora: { rank: 4 } },
} as const satisfies Readonly<Record<string, Run>>;

export type RunName = keyof typeof runs;

export type Steps = {
  /** Of each step. */
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  /** What is learned, behind the last step. */
  readonly weights: Readonly<Record<string, Float32Array>>;
};

const text =
  "Once upon a time there was a cat who liked long walks. One day a dog came by and said hello. The cat was not afraid. They " +
  "played in the sun until it was night, and then they went home to sleep. ";

/**
 * AdamW, cosine and Entropy-ABF, two samples a step. AdamW's first steps are of one length whatever the gradient is: where that is smaller
 * than its rounding, as of a few weights with one sample a step, weights go apart by as much as the rate.
 */
const configOf = async (backend: Backend, open: OpenModelFolder, { quantize, seqLen = 72, ...run }: Run) => {
  const { extension, training } = entropyAbfRecipe({ trainedContext: 32 });
  const folder = await open("packages/tiny-models/stories260K");
  const model = await loadModel(folder, { backend, extension, ...(quantize && { quantize }) });
  const data = cutText(model.text!.encode(text.repeat(24)), seqLen).slice(0, 4);
  return { model, data, seqLen, ...training, batchSize: 2, learningRate: 1e-3, ...run };
};

export const takeSteps = async (backend: Backend, open: OpenModelFolder, name: RunName): Promise<Steps> => {
  const config = await configOf(backend, open, runs[name]);
  const norms: number[] = [];
  const { losses, state } = await train({
    ...config,
    onStep: ({ gradientNorm }) => void norms.push(gradientNorm),
  });
  await config.model.release();
  const weights = Object.entries(state.parameters).map(([tensor, { data }]) => [tensor, data] as const);
  return { losses, norms, weights: Object.fromEntries(weights) };
};

export type Aborted = {
  /** How the run ended. */
  readonly message: string;
  readonly steps: number;
  /** How often a timer went off while it ran. */
  readonly ticks: number;
};

/** A run that a timer stops behind its first step. */
export const abortSteps = async (backend: Backend, open: OpenModelFolder): Promise<Aborted> => {
  const config = await configOf(backend, open, runs["all weights"]);
  const stop = new AbortController();
  let [steps, ticks] = [0, 0];
  const timer = setInterval(() => {
    ticks += 1;
    if (steps > 0) stop.abort(new Error("enough"));
  });
  // Two runs a step: it is stopped between them as well.
  const running = train({
    ...config,
    batchSize: 2,
    gradientAccumulation: 2,
    steps: 1000,
    signal: stop.signal,
    onStep: ({ step }) => void (steps = step),
  });
  const message = await running.then(
    () => "done",
    (error: Error) => error.message,
  );
  clearInterval(timer);
  await config.model.release();
  return { message, steps, ticks };
};

/** The largest differences: of losses, of norms relative to theirs, and of weights. */
export type Differences = { readonly loss: number; readonly norm: number; readonly weights: number };

/** Infinity also where there is nothing to compare. */
const largest = (got: ArrayLike<number>, wanted: ArrayLike<number>): number =>
  wanted.length === 0 ? Infinity : largestDifference(got, wanted);

export const compareSteps = (got: Steps, wanted: Steps): Differences => ({
  loss: largest(got.losses, wanted.losses),
  norm: largest(
    got.norms.map((norm, step) => norm / wanted.norms[step]!),
    wanted.norms.map(() => 1),
  ),
  weights: Math.max(...Object.entries(wanted.weights).map(([name, data]) => largest(got.weights[name] ?? [], data))),
});
