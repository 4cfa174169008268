/** Text in, text out: a tokenizer as a few functions, and streaming that never splits a character. */
import { Tokenizer } from "@huggingface/tokenizers";
import { chatFormat, type ChatMessage } from "./chat.ts";

export type TextCodec = {
  /** Ids of a text, with the special tokens that the tokenizer adds. */
  readonly encode: (text: string) => readonly number[];
  /** Text of ids, special tokens left out. */
  readonly decode: (ids: readonly number[]) => string;
  /** Ids of a conversation, up to where the assistant goes on; absent where the checkpoint has no chat template. */
  readonly encodeChat?: (messages: readonly ChatMessage[]) => readonly number[];
};

/** A tokenizer from the parsed `tokenizer.json` and `tokenizer_config.json`, and the chat template where there is one. */
export const textCodec = (files: {
  readonly tokenizer: unknown;
  readonly config: unknown;
  readonly chatTemplate?: string | undefined;
}): TextCodec => {
  const tokenizer = new Tokenizer(files.tokenizer as object, files.config as object);
  const format = files.chatTemplate === undefined ? undefined : chatFormat(files.chatTemplate, files.config as object);
  return {
    encode: (text) => tokenizer.encode(text).ids,
    // The tokenizer refuses to decode nothing.
    decode: (ids) => (ids.length === 0 ? "" : tokenizer.decode([...ids], { skip_special_tokens: true })),
    // The template writes the special tokens itself.
    ...(format && { encodeChat: (messages) => tokenizer.encode(format(messages), { add_special_tokens: false }).ids }),
  };
};

/** Stands at the end of a text whose last character is not complete yet. */
const replacement = "\uFFFD";

/**
 * Turns tokens into pieces of text as they come. A piece that ends inside a character is held back until the rest is there.
 *
 * A token's text can depend on its neighbours (the first of a text may lose its space), so a piece is what the tokens since
 * the last piece add to the tokens of that piece: the texts joined are `decode(ids)`, at a cost that does not grow.
 */
export const textStream = async function* (
  codec: TextCodec,
  tokens: AsyncIterable<number>,
): AsyncGenerator<string, void, undefined> {
  let context: readonly number[] = [];
  let fresh: number[] = [];
  const added = (): string => codec.decode([...context, ...fresh]).slice(codec.decode(context).length);
  for await (const token of tokens) {
    fresh.push(token);
    const piece = added();
    if (piece === "" || piece.endsWith(replacement)) continue;
    yield piece;
    [context, fresh] = [fresh, []];
  }
  const rest = added();
  if (rest !== "") yield rest;
};
