/** Where guesses come from. */
export type GuessSource = {
  /**
   * Proposes what comes behind a text: at most `count` tokens, none where it has no guess. From call to call the text only grows.
   */
  readonly guess: (ids: readonly number[], count: number) => Promise<readonly number[]> | readonly number[];
  /** Whether asking costs next to nothing: it is asked at every step then, to see whether its guesses are worth being run. */
  readonly isCheap: boolean;
  /** Gives back what it holds. */
  readonly release: () => void;
};
