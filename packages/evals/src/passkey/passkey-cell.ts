/** The passkey grid: for each length and depth, how many hidden keys a model finds. */
import { checkFinite, checkKeys, positive } from "@ropewalk/check";
import type { GenerationStats, LanguageModel } from "@ropewalk/generation";
import { passkeyPrompt } from "./passkey-prompt.ts";
import type { PasskeyWording } from "./wording.ts";

/** Statistics of one run or of several. Each run has its own text, so no tokens are cached. */
export type PasskeyStats = Omit<GenerationStats, "finish" | "cachedTokens">;

export type PasskeyCell = {
  /** Tokens of prompt and answer. */
  readonly length: number;
  /** From 0, the beginning, to 1, the end. */
  readonly depth: number;
  readonly found: number;
  readonly trials: number;
  /** The statistics of all trials together. */
  readonly stats: PasskeyStats;
};

/** The statistics of two runs together. */
const addedStats = (a: PasskeyStats, b: PasskeyStats): PasskeyStats => ({
  promptTokens: a.promptTokens + b.promptTokens,
  newTokens: a.newTokens + b.newTokens,
  prefillTime: a.prefillTime + b.prefillTime,
  decodeTime: a.decodeTime + b.decodeTime,
  cacheBytes: Math.max(a.cacheBytes, b.cacheBytes),
});

/** Joins cells of equal length and depth, such as those of several seeds. The order is that of the first cells. */
export const joinedCells = (cells: readonly PasskeyCell[]): readonly PasskeyCell[] => {
  const joined = new Map<string, PasskeyCell>();
  for (const cell of cells) {
    const place = `${cell.length} ${cell.depth}`;
    const before = joined.get(place);
    joined.set(
      place,
      before === undefined
        ? cell
        : {
            ...before,
            found: before.found + cell.found,
            trials: before.trials + cell.trials,
            stats: addedStats(before.stats, cell.stats),
          },
    );
  }
  return [...joined.values()];
};

/** Whether an answer begins with the key. White space is ignored. */
export const isKey = (answer: string, key: string): boolean => compact(answer).startsWith(compact(key));

const compact = (text: string): string => text.replace(/\s/g, "");

/**
 * Runs one cell: `trials` prompts, each with its own key and a greedy answer. Lengths beyond the capacity are allowed.
 *
 * Cells of equal length, depth and seed have the same prompts for all models with the same tokenizer.
 *
 * @param onTrial - called after each trial
 * @throws RangeError when the model has no tokenizer or the length cannot hold the key and the question
 */
export const passkeyCell = async (
  task: PasskeyWording,
  model: LanguageModel,
  at: { readonly length: number; readonly depth: number; readonly trials: number; readonly seed: number },
  onTrial?: () => void,
  signal?: AbortSignal,
): Promise<PasskeyCell> => {
  checkKeys("passkeyCell", "at", at, { length: positive, depth: checkFinite, trials: positive, seed: checkFinite });
  const { text } = model;
  if (text === undefined) throw new RangeError(`passkeyCell: ${model.source.name} must have a tokenizer, got none`);
  let found = 0;
  let stats: PasskeyStats = { promptTokens: 0, newTokens: 0, prefillTime: 0, decodeTime: 0, cacheBytes: 0 };
  for (let trial = 0; trial < at.trials; trial++) {
    const seed = ((at.seed * 31 + at.length) * 1009 + Math.round(at.depth * 100)) * 101 + trial;
    const prompt = passkeyPrompt(task, text, { length: at.length, depth: at.depth, seed });
    const answer: number[] = [];
    const tokens = model.generateTokens(prompt.ids, {
      maxNewTokens: prompt.keyTokens,
      beyondCapacity: "allow",
      onDone: (done) => (stats = addedStats(stats, done)),
      ...(signal ? { signal } : {}),
    });
    for await (const token of tokens) answer.push(token);
    if (isKey(text.decode(answer), prompt.key)) found += 1;
    onTrial?.();
  }
  return { length: at.length, depth: at.depth, found, trials: at.trials, stats };
};
