/** The cells of the tuning study: what is measured of which model, tuned how. */
import { recipeNames, type RecipeName } from "@ropewalk/finetune";

/** Tokens of a sample, and those of the window that the model was trained on. */
export const [seqLen, trainedContext] = [2048, 512] as const;

/** Samples to train on, and held out, as the text is cut; tables take the first of each. */
export const [trainSamples, heldOutSamples] = [100, 50] as const;

export type Method = "plain" | RecipeName;

export type TuningCell = {
  readonly method: Method;
  /** 0: as it is. */
  readonly steps: number;
  /** Samples to train on, the first ones. */
  readonly samples: number;
  readonly batchSize: number;
  /** Held-out samples that losses are the mean of, the first ones. */
  readonly heldOut: number;
  /** Read in windows of the trained length, one behind another, in place of the whole sample. */
  readonly apart?: true;
};

export type TuningResult = {
  /** Mean losses of the held-out samples by position, in nats: buckets of 512. */
  readonly losses: readonly number[];
  /** The losses behind the trained window while it trains: of some of the held-out samples, by the steps done. */
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

/** What tuned models are held to: the plain model on the same tokens, never beyond its window. */
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

/** The plain model's inside its own window. */
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

/** What tells the most comes first: all methods on all samples in few steps. */
export const tableCells = (config: TableConfig): readonly TuningCell[] => [
  ...methods.map((method) => untunedCell(method, config)),
  goalCell(config.heldOut),
  // Of those that are looked at on a run's way.
  goalCell(looked),
  ...[stepCounts.slice(0, 3), stepCounts.slice(3)].flatMap((some) =>
    sampleCounts
      .toReversed()
      .flatMap((samples) =>
        some.flatMap((steps) => recipeNames.map((method) => tableCell(config, method, samples, steps))),
      ),
  ),
];

/** How many held-out samples are looked at while it trains, and for entropies. */
export const looked = 4;

/** Before and after: each method untuned, and tuned by so many steps on all samples. */
export const entropySteps = 60;

const entropyCell = (cell: TuningCell): TuningCell => ({ ...cell, heldOut: looked });

export const entropyBefore = (method: Method): TuningCell => untuned(method, looked);
export const entropyAfter = (config: TableConfig, method: Method): TuningCell =>
  entropyCell(tableCell(config, method, trainSamples, entropySteps));

/** Of a cell, in a file's name. */
export const nameOf = ({ method, steps, samples, batchSize }: TuningCell): string =>
  `${method}-${steps}-steps-of-${batchSize}-on-${samples}`;
