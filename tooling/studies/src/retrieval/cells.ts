/** The cells of the retrieval study: how passkey-875k is tuned, and which positions are put on top. */
import { recipeNames, type RecipeName } from "@ropewalk/finetune";

/** Tokens of a training prompt, and of the window that the model was trained on. */
export const [seqLen, trainedContext] = [1024, 256] as const;

export const trainSamples = 100;
export const batchSize = 4;
export const lengths = [1024, 2048] as const;
export const depths = [0, 0.25, 0.5, 0.75, 1] as const;
export const stepCounts = [0, 6, 20, 60] as const;

/**
 * SelfExtend on top. At 2,048 tokens the smaller groups use positions up to 704, which only tuned models have seen; the larger ones use
 * positions up to 188, which all models have seen.
 */
export const onTop = {
  none: undefined,
  "G=4 W=256": { groupSize: 4, window: 256 },
  "G=16 W=64": { groupSize: 16, window: 64 },
} as const;

export type OnTop = keyof typeof onTop;

export const onTops = Object.keys(onTop) as readonly OnTop[];

export type RetrievalCell = {
  readonly method: "plain" | RecipeName;
  readonly steps: number;
  /** Which tokens of a prompt and its answer are learned. */
  readonly learned: "answer" | "all";
  /** Keys asked for at each length and depth. */
  readonly trials: number;
};

export type RetrievalResult = {
  readonly found: readonly {
    readonly length: number;
    readonly onTop: OnTop;
    readonly found: number;
    readonly trials: number;
  }[];
  /** The loss of the last step's batch. */
  readonly loss: number | null;
  readonly seconds: number;
};

export const cellOf = (
  method: RetrievalCell["method"],
  steps: number,
  learned: RetrievalCell["learned"],
  trials: number,
): RetrievalCell => ({ method, steps, trials, learned: steps === 0 ? "answer" : learned });

/** All runs learn the answer alone; the longest ones are repeated with all tokens learned. */
export const retrievalCells = (trials: number): readonly RetrievalCell[] => [
  cellOf("plain", 0, "answer", trials),
  ...stepCounts.flatMap((steps) => recipeNames.map((method) => cellOf(method, steps, "answer", trials))),
  ...recipeNames.map((method) => cellOf(method, stepCounts.at(-1)!, "all", trials)),
];
