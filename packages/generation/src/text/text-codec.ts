/** A tokenizer as a few functions: text to ids and back, and messages to ids. */
import { check, checkKeys } from "@ropewalk/check";
import { chatFormat, type ChatFormat } from "./chat-template/chat-format.ts";
import type { ChatMessage } from "./chat-template/messages.ts";
import { openTokenizer } from "./tokenizer/open-tokenizer.ts";

/** `specialTokens: false` is for a text that follows other text, and so gets no special tokens of its own. */
export type EncodeOptions = { readonly specialTokens?: boolean };

export type TextCodec = {
  /** The ids of a text, with the special tokens that the tokenizer adds unless `specialTokens` is false. */
  readonly encode: (text: string, options?: EncodeOptions) => readonly number[];
  /** The text of ids. Special tokens, and ids that have no token, are left out. */
  readonly decode: (ids: readonly number[]) => string;
  /** The ids of messages, up to where the assistant goes on. Absent where the checkpoint has no chat template. */
  readonly encodeChat?: (messages: readonly ChatMessage[]) => readonly number[];
  /** The text of messages, special tokens included. Absent where the checkpoint has no chat template. */
  readonly formatChat?: ChatFormat;
  /**
   * What decides the text that a token adds: "local" means the tokens beside it, so text can be streamed; "whole" means the whole text, which
   * therefore comes at the end. Default "local".
   */
  readonly decoding?: "local" | "whole";
  /** The ids of special tokens, which have no text, by their contents. */
  readonly specialTokens?: ReadonlyMap<string, number>;
  /** Whether an id can have a text: `decode` leaves out the others. Absent: any id can. */
  readonly hasText?: (id: number) => boolean;
};

/**
 * A tokenizer from the parsed `tokenizer.json` and `tokenizer_config.json`, and the chat template where there is one. Its text is never
 * cleaned up, whatever `clean_up_tokenization_spaces` says.
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
  const specialIds = new Set(special.values());
  const hasText = (id: number): boolean => tokenizer.id_to_token(id) !== undefined && !specialIds.has(id);
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
      const known = ids.filter(hasText);
      // The tokenizer refuses an empty list. Cleaning up would change text that was already streamed.
      const options = { skip_special_tokens: true, clean_up_tokenization_spaces: false };
      return known.length === 0 ? "" : tokenizer.decode(known, options);
    },
    // The template writes the special tokens itself.
    ...(format && { encodeChat: (messages) => idsOf(format(messages), false), formatChat: format }),
    decoding: local ? "local" : "whole",
    specialTokens: special,
    hasText,
  };
};
