/** A text as tokens: as one document, or document by document, each with its own beginning-of-text token. */
import { check, checkKeys } from "@ropewalk/check";
import type { LanguageModel } from "@ropewalk/generation";
import { checkTokens, tokensNeeded, type Windows } from "./windows.ts";

export type TokenStream = {
  readonly ids: readonly number[];
  /** Tokens that are not scored as targets: those that begin a document, which no text before them can predict. */
  readonly masked: readonly number[];
};

const documentsOf = (text: string | readonly string[], separator: string | undefined): readonly string[] => {
  if (typeof text !== "string") {
    check(separator === undefined, "tokenStream: separator must be absent for a list of documents", separator);
    return text.map((document) => document.trim()).filter((document) => document !== "");
  }
  if (separator === undefined) return [text];
  if (separator === "") throw new RangeError("tokenStream: separator must have at least 1 character, got none");
  if (!text.includes(separator))
    throw new RangeError(
      `tokenStream: separator must occur in the text, got ${JSON.stringify(separator)} and ${text.length} characters without it`,
    );
  return text
    .split(separator)
    .map((document) => document.trim())
    .filter((document) => document !== "");
};

/**
 * The ids of a text, at least as many as `perplexity` needs for the same `length` and `windows`.
 *
 * Without a separator a text is encoded as it stands, as one. With it, or as a list, the documents are trimmed, empty
 * ones dropped, and each encoded with its own beginning-of-text token: the tokenizer's, or where that adds none, the
 * checkpoint's. No more documents are encoded than are needed.
 *
 * @param model - a loaded model, or one opened without its weights
 * @throws RangeError when the model has no tokenizer, the text has too few tokens or no separator in it, or documents are
 *   asked for and the checkpoint names no beginning-of-text token
 */
export const tokenStream = (
  { source: { name, bosToken }, text: codec }: Pick<LanguageModel, "source" | "text">,
  text: string | readonly string[],
  options: Windows & { readonly separator?: string | undefined },
): TokenStream => {
  const { separator, ...windows } = checkKeys("tokenStream", "options", options, {
    length: true,
    windows: true,
    stride: true,
    separator: true,
  });
  const needed = tokensNeeded("tokenStream", windows);
  if (codec === undefined) throw new RangeError(`tokenStream: ${name} must have a tokenizer, got none`);
  if (typeof text === "string" && separator === undefined) {
    const ids = codec.encode(text);
    checkTokens("tokenStream", ids.length, windows);
    return { ids, masked: [] };
  }
  if (bosToken === undefined)
    throw new RangeError(`tokenStream: ${name} must have a bos_token_id to begin documents with, got none`);
  const ids: number[] = [];
  for (const document of documentsOf(text, separator)) {
    if (ids.length >= needed) break;
    const own = codec.encode(document);
    if (own[0] !== bosToken) ids.push(bosToken);
    for (const id of own) ids.push(id);
  }
  checkTokens("tokenStream", ids.length, windows);
  return { ids, masked: [bosToken] };
};
