/** Splits Chinese text, which has no spaces, into words. The dictionary comes with a package; nothing is downloaded. */

/** Cuts a text into words. Joined again, the words are the text. */
export type Segment = (text: string) => readonly string[];

/**
 * A place between a letter or digit, one of these signs, and a digit, as in 5k-15k. The original jieba ends a word there, this library does
 * not. No word of the dictionary spans such a place.
 */
const alwaysCut = /(?<=[A-Za-z0-9][-+#&_%])(?=\p{Nd})/u;

type Jieba = { readonly cut: (text: string, hmm: boolean) => readonly string[]; readonly default?: unknown };

/** The words that jieba finds, with its hidden Markov model for words that are not in the dictionary. LongBench scores Chinese answers by them. */
export const jieba = async (): Promise<Segment> => {
  const library = (await import("jieba-wasm")) as Jieba;
  // In a browser the WebAssembly is a file beside the code and must be loaded first. In Node it is loaded on import.
  if (typeof library.default === "function") await library.default();
  return (text) => text.split(alwaysCut).flatMap((part) => library.cut(part, true));
};
