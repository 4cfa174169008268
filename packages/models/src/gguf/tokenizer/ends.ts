/** BOS and EOS: which tokens they are, and whether they are written around a text. */
import { check } from "@ropewalk/check";
import type { TokenizerKind } from "./kinds.ts";
import { flagAt, tokenAt, type FileMetadata } from "./metadata-values.ts";
import type { GgufVocabulary } from "./vocabulary.ts";

type End = "bos" | "eos";

/** The ids; undefined where there is none. */
export type Ends = { readonly [name in End]: number | undefined };

export const readEnds = (
  metadata: FileMetadata,
  { tokens, ids }: GgufVocabulary,
  { usual }: Pick<TokenizerKind, "usual">,
): Ends => {
  const idOf = (name: End): number | undefined => {
    const key = `tokenizer.ggml.${name}_token_id`;
    const stated = tokenAt(metadata, key, tokens.length);
    const id = stated ?? usual[name];
    const isUsed = id !== undefined && ids[tokens[id] ?? ""] === id;
    check(
      stated === undefined || isUsed,
      `${metadata.at}: ${key} must be a token with a text that is not unused`,
      stated,
    );
    return isUsed ? id : undefined;
  };
  return { bos: idOf("bos"), eos: idOf("eos") };
};

/** The part of tokenizer.json that writes BOS and EOS; null where neither is written. */
export const postProcessor = (
  metadata: FileMetadata,
  { tokens }: GgufVocabulary,
  { addBos }: Pick<TokenizerKind, "addBos">,
  ends: Ends,
): object | null => {
  const written = (name: End, usual: boolean): readonly number[] => {
    const key = `tokenizer.ggml.add_${name}_token`;
    const stated = flagAt(metadata, key);
    const id = ends[name];
    check(
      stated !== true || id !== undefined,
      `${metadata.at}: ${key} must be false where there is no ${name}_token_id`,
      stated,
    );
    return (stated ?? usual) && id !== undefined ? [id] : [];
  };
  const [before, behind] = [written("bos", addBos), written("eos", false)];
  const all = [...before, ...behind];
  if (all.length === 0) return null;
  const special = (ids: readonly number[]): readonly object[] =>
    ids.map((id) => ({ SpecialToken: { id: tokens[id], type_id: 0 } }));
  const body = (id: "A" | "B", type_id: 0 | 1): object => ({ Sequence: { id, type_id } });
  return {
    type: "TemplateProcessing",
    single: [...special(before), body("A", 0), ...special(behind)],
    pair: [...special(before), body("A", 0), body("B", 1), ...special(behind)],
    special_tokens: Object.fromEntries(
      all.map((id) => [tokens[id], { id: tokens[id], ids: [id], tokens: [tokens[id]] }]),
    ),
  };
};
