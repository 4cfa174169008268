/** Text in, text out: a tokenizer as three functions, and streaming that never splits a character. */
import { Tokenizer } from "@huggingface/tokenizers";

export type TextCodec = {
  /** Ids of a text, with the special tokens that the tokenizer adds. */
  readonly encode: (text: string) => readonly number[];
  /** Text of ids, special tokens left out. */
  readonly decode: (ids: readonly number[]) => string;
};

/** A tokenizer from the parsed `tokenizer.json` and `tokenizer_config.json`. */
export const textCodec = (files: { readonly tokenizer: unknown; readonly config: unknown }): TextCodec => {
  const tokenizer = new Tokenizer(files.tokenizer as object, files.config as object);
  return {
    encode: (text) => tokenizer.encode(text).ids,
    decode: (ids) => tokenizer.decode([...ids], { skip_special_tokens: true }),
  };
};

/** Stands at the end of a text whose last character is not complete yet. */
const replacement = "\uFFFD";

/**
 * Turns tokens into pieces of text as they come. A piece that ends inside a character is held back until the rest is there.
 *
 * Ids are decoded together, because a token's text can depend on its neighbours; the texts joined are `decode(ids)`.
 */
export const textStream = async function* (
  codec: TextCodec,
  tokens: AsyncIterable<number>,
): AsyncGenerator<string, void, undefined> {
  let ids: number[] = [];
  let given = 0;
  for await (const token of tokens) {
    ids.push(token);
    const text = codec.decode(ids);
    if (text.endsWith(replacement) || text.length <= given) continue;
    yield text.slice(given);
    // Start anew at a line's end, where texts do not depend on their neighbours: long texts stay cheap.
    [ids, given] = text.endsWith("\n") ? [[], 0] : [ids, text.length];
  }
  const text = codec.decode(ids);
  if (text.length > given) yield text.slice(given);
};
