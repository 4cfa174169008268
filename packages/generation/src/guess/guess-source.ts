/** A source of guesses. */
export type GuessSource = {
  /** Guesses the tokens after a text: at most `count`, none where it has no guess. The text only grows from call to call. */
  readonly guess: (ids: readonly number[], count: number) => Promise<readonly number[]> | readonly number[];
  /** Whether asking costs next to nothing. A cheap source is asked at every step, to see whether its guesses are worth a run. */
  readonly isCheap: boolean;
  /** Gives its memory back. */
  readonly release: () => void;
};
