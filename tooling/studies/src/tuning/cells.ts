/** The cells of the tuning study: which model is measured, and how it is tuned. */
import { recipeNames, type RecipeName } from "@ropewalk/finetune";

/** Tokens of a sample, and those of the window that the model was trained on. */
export const [seqLen, trainedContext] = [2048, 512] as const;

/** Samples to train on, and held out, as the text is cut; tables take the first of each. */
export const [trainSamples, heldOutSamples] = [100, 50] as const;

export type Method = "plain" | RecipeName;

export type TuningCell = {
  readonly method: Method;
  /** 0: the model is not tuned. */
  readonly steps: number;
  /** The number of samples to train on, from the first on. */
  readonly samples: number;
  readonly batchSize: number;
  /** The number of held-out samples, from the first on, that losses are the mean of. */
  readonly heldOut: number;
  /** Samples are read in windows of the trained length, one after another, in place of the whole sample. */
  readonly apart?: true;
};

export type TuningResult = {
  /** Mean losses of the held-out samples in nats, for each 512 positions. */
  readonly losses: readonly number[];
  /** Losses behind the trained window during training, of some held-out samples, by the number of steps done. */
  readonly progress: readonly { readonly step: number; readonly loss: number }[];
  readonly seconds: number;
};

const untuned = (method: Method, heldOut: number): TuningCell => ({
  method,
  heldOut,
  steps: 0,
  samples: 0,
  batchSize: 0,
});

/** The goal of tuned models: the plain model on the same tokens, never beyond its window. */
export const goalCell = (heldOut: number): TuningCell => ({ ...untuned("plain", heldOut), apart: true });

/** The reference figures: mean losses over positions 512 to 2,048, PyTorch on other stories of the same kind. */
export const reference: readonly { readonly method: Method; readonly steps: number; readonly loss: number }[] = [
  { method: "plain", steps: 0, loss: 1.85 },
  { method: "entropy-abf", steps: 0, loss: 2.77 },
  { method: "abf", steps: 0, loss: 2.79 },
  { method: "position-interpolation", steps: 0, loss: 3.8 },
  { method: "entropy-abf", steps: 6, loss: 1.86 },
  { method: "abf", steps: 6, loss: 1.89 },
  { method: "position-interpolation", steps: 6, loss: 2.74 },
  { method: "entropy-abf", steps: 40, loss: 1.58 },
];

/** The plain model's reference loss inside its own window. */
export const referenceInside = 1.72;

export const referenceCell = ({ method, steps }: { readonly method: Method; readonly steps: number }): TuningCell =>
  steps === 0
    ? untuned(method, heldOutSamples)
    : { method, steps, samples: trainSamples, batchSize: 16, heldOut: heldOutSamples };

export const referenceCells: readonly TuningCell[] = [...reference.map(referenceCell), goalCell(heldOutSamples)];

export type TableConfig = { readonly batchSize: number; readonly heldOut: number };

export const stepCounts = [6, 20, 60, 200] as const;
export const sampleCounts = [8, 32, 100] as const;

export const untunedCell = (method: Method, { heldOut }: TableConfig): TuningCell => untuned(method, heldOut);

export const tableCell = (
  { batchSize, heldOut }: TableConfig,
  method: Method,
  samples: number,
  steps: number,
): TuningCell => ({ method, steps, samples, batchSize, heldOut });

export const methods: readonly Method[] = ["plain", ...recipeNames];

/** The most telling cells come first: all methods on all samples in few steps. */
export const tableCells = (config: TableConfig): readonly TuningCell[] => [
  ...methods.map((method) => untunedCell(method, config)),
  goalCell(config.heldOut),
  // The goal on the samples whose losses are taken during training.
  goalCell(looked),
  ...[stepCounts.slice(0, 3), stepCounts.slice(3)].flatMap((some) =>
    sampleCounts
      .toReversed()
      .flatMap((samples) =>
        some.flatMap((steps) => recipeNames.map((method) => tableCell(config, method, samples, steps))),
      ),
  ),
];

/** How many held-out samples are used during training, and for entropies. */
export const looked = 4;

/** Entropies are taken of each method untuned, and tuned by this many steps on all samples. */
export const entropySteps = 60;

const entropyCell = (cell: TuningCell): TuningCell => ({ ...cell, heldOut: looked });

export const entropyBefore = (method: Method): TuningCell => untuned(method, looked);
export const entropyAfter = (config: TableConfig, method: Method): TuningCell =>
  entropyCell(tableCell(config, method, trainSamples, entropySteps));

/** A cell's name, which is a part of a file's name. */
export const nameOf = ({ method, steps, samples, batchSize }: TuningCell): string =>
  `${method}-${steps}-steps-of-${batchSize}-on-${samples}`;
