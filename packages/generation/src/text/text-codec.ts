/** Text in, text out: a tokenizer as a few functions. */
import { check, checkKeys } from "@ropewalk/check";
import { chatFormat, type ChatFormat } from "./chat-template/format.ts";
import type { ChatMessage } from "./chat-template/messages.ts";
import { openTokenizer } from "./tokenizer/open.ts";

/** A text that goes on behind others has no special tokens of its own: `specialTokens: false`. */
export type EncodeOptions = { readonly specialTokens?: boolean };

export type TextCodec = {
  /** Ids of a text, with the special tokens that the tokenizer adds unless `specialTokens` is false. */
  readonly encode: (text: string, options?: EncodeOptions) => readonly number[];
  /** Text of ids, special tokens and ids without a token left out. */
  readonly decode: (ids: readonly number[]) => string;
  /** Ids of a conversation, up to where the assistant goes on; absent where the checkpoint has no chat template. */
  readonly encodeChat?: (messages: readonly ChatMessage[]) => readonly number[];
  /** The text of a conversation, which has the special tokens in it; absent where the checkpoint has no chat template. */
  readonly formatChat?: ChatFormat;
  /**
   * What decides the text that a token adds: the tokens beside it, so that text is streamed, or the whole text, which then comes at the
   * end. Default "local".
   */
  readonly decoding?: "local" | "whole";
  /** Ids of the tokens that have no text, by what stands for them. */
  readonly specialTokens?: ReadonlyMap<string, number>;
};

/**
 * A tokenizer from the parsed `tokenizer.json` and `tokenizer_config.json`, and the chat template where there is one. Its text is never
 * tidied up, whatever `clean_up_tokenization_spaces` says.
 *
 * @throws TypeError and RangeError that name the file, the place in it, the rule and the value
 */
export const textCodec = (files: {
  readonly tokenizer: unknown;
  readonly config: unknown;
  readonly chatTemplate?: string | undefined;
}): TextCodec => {
  checkKeys("textCodec", "files", files, { tokenizer: true, config: true, chatTemplate: true });
  const { tokenizer, local, special } = openTokenizer("textCodec", files.tokenizer, files.config);
  const format = files.chatTemplate === undefined ? undefined : chatFormat(files.chatTemplate, files.config as object);
  const idsOf = (text: string, add_special_tokens: boolean): readonly number[] => {
    const { ids, tokens } = tokenizer.encode(text, { add_special_tokens });
    const lost = ids.findIndex((id: unknown) => !Number.isInteger(id));
    check(
      lost < 0,
      "encode: text must be of the tokenizer's tokens, of which none stands for unknown ones",
      tokens[lost],
    );
    return ids;
  };
  return {
    encode: (text, options = {}) => {
      check(typeof text === "string", "encode: text must be text", text, "string");
      checkKeys<EncodeOptions>("encode", "options", options, { specialTokens: true });
      return idsOf(text, options.specialTokens ?? true);
    },
    decode: (ids) => {
      check(Array.isArray(ids), "decode: ids must be a list of token ids", ids, "object");
      const at = ids.findIndex((id) => !Number.isInteger(id) || id < 0);
      check(at < 0, `decode: ids[${at}] must be an integer >= 0`, ids[at], "number");
      const known = ids.filter((id) => tokenizer.id_to_token(id) !== undefined);
      // The tokenizer refuses to decode nothing. To tidy up would be to change what has been streamed.
      const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
      return known.length === 0 ? "" : tokenizer.decode(known, options);
    },
    // The template writes the special tokens itself.
    ...(format && { encodeChat: (messages) => idsOf(format(messages), false), formatChat: format }),
    decoding: local ? "local" : "whole",
    specialTokens: special,
  };
};
