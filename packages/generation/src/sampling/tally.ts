/** Counts the tokens of a history. A run counts each token once, when it comes, so that a step behind a long text costs as much as behind a short one. */
import type { History } from "./history.ts";

export type Tally = {
  /** The tokens of the prompt and the added ones, each once. */
  readonly seen: ReadonlySet<number>;
  /** How often each token was added. */
  readonly added: ReadonlyMap<number, number>;
};

/** Makes the counts of one history, which only grows from call to call. */
export const tallying = (): ((history: History) => Tally) => {
  const seen = new Set<number>();
  const counts = new Map<number, number>();
  let [fromPrompt, fromAdded] = [0, 0];
  return ({ prompt, added }) => {
    for (; fromPrompt < prompt.length; fromPrompt++) seen.add(prompt[fromPrompt]!);
    for (; fromAdded < added.length; fromAdded++) {
      const token = added[fromAdded]!;
      seen.add(token);
      counts.set(token, (counts.get(token) ?? 0) + 1);
    }
    return { seen, added: counts };
  };
};
