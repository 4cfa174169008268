/** The text that a token is chosen after. The repetition penalty looks at all of it, the frequency and presence penalties at added tokens. */
export type History = {
  /** The tokens that the run started with. */
  readonly prompt: readonly number[];
  /** The tokens that were chosen since. */
  readonly added: readonly number[];
};

export const noHistory: History = { prompt: [], added: [] };
