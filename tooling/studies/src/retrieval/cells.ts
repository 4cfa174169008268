/** The cells of the retrieval study: keys found by passkey-875k, tuned how, and with which positions on top. */
import { recipeNames, type RecipeName } from "@ropewalk/finetune";

/** Tokens of a prompt that is learned from, and of the window that the model was trained on. */
export const [seqLen, trainedContext] = [1024, 256] as const;

export const trainSamples = 100;
export const batchSize = 4;
export const lengths = [1024, 2048] as const;
export const depths = [0, 0.25, 0.5, 0.75, 1] as const;
export const stepCounts = [0, 6, 20, 60] as const;

/**
 * SelfExtend on top. Of the smaller groups positions up to 704 are used at 2,048 tokens, which only tuned models have seen; of the
 * larger ones up to 188, which all have.
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
  /** Of a prompt and its answer. */
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
  /** Of the last step's batch. */
  readonly loss: number | null;
  readonly seconds: number;
};

export const cellOf = (
  method: RetrievalCell["method"],
  steps: number,
  learned: RetrievalCell["learned"],
  trials: number,
): RetrievalCell => ({ method, steps, trials, learned: steps === 0 ? "answer" : learned });

/** The answer alone is learned in all; all tokens, in the longest runs. */
export const retrievalCells = (trials: number): readonly RetrievalCell[] => [
  cellOf("plain", 0, "answer", trials),
  ...stepCounts.flatMap((steps) => recipeNames.map((method) => cellOf(method, steps, "answer", trials))),
  ...recipeNames.map((method) => cellOf(method, stepCounts.at(-1)!, "all", trials)),
];
