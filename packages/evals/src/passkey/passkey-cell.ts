/** The passkey grid: for each length and depth, how many hidden keys a model finds. */
import { checkFinite, checkKeys, positive } from "@ropewalk/check";
import type { GenerationStats, LanguageModel } from "@ropewalk/generation";
import { passkeyPrompt } from "./passkey-prompt.ts";
import type { PasskeyWording } from "./wording.ts";

/** Numbers of one run or of several. Every key is hidden in a text of its own: nothing is read before. */
export type PasskeyStats = Omit<GenerationStats, "finish" | "cachedTokens">;

export type PasskeyCell = {
  /** Tokens of prompt and answer. */
  readonly length: number;
  /** From 0, the beginning, to 1, the end. */
  readonly depth: number;
  readonly found: number;
  readonly trials: number;
  /** Of all trials together. */
  readonly stats: PasskeyStats;
};

/** What runs took together. */
const combined = (a: PasskeyStats, b: PasskeyStats): PasskeyStats => ({
  promptTokens: a.promptTokens + b.promptTokens,
  newTokens: a.newTokens + b.newTokens,
  prefillTime: a.prefillTime + b.prefillTime,
  decodeTime: a.decodeTime + b.decodeTime,
  cacheBytes: Math.max(a.cacheBytes, b.cacheBytes),
});

/** Cells of one length and depth as one: of several seeds, say. In the order of the first of each. */
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
            stats: combined(before.stats, cell.stats),
          },
    );
  }
  return [...joined.values()];
};

/** Whether an answer is the key: white space counts for nothing, and what follows the key neither. */
export const isKey = (answer: string, key: string): boolean => compact(answer).startsWith(compact(key));

const compact = (text: string): string => text.replace(/\s/g, "");

/**
 * Runs one cell: `trials` prompts with keys of their own, read greedily, beyond the capacity if need be.
 *
 * Cells of equal length, depth and seed see the same prompts, whatever the model.
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
      onDone: (done) => (stats = combined(stats, done)),
      ...(signal ? { signal } : {}),
    });
    for await (const token of tokens) answer.push(token);
    if (isKey(text.decode(answer), prompt.key)) found += 1;
    onTrial?.();
  }
  return { length: at.length, depth: at.depth, found, trials: at.trials, stats };
};
