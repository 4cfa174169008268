/** The tokens that begin and end a text, from generation_config.json, or from config.json where that file states none. */
import { check } from "@ropewalk/check";
import { configObject, valueOf, type ConfigObject } from "../config/config-object.ts";

export type SpecialTokens = {
  readonly bosToken: number | undefined;
  /** A text ends at any of these; empty when the checkpoint states none. */
  readonly stopTokens: readonly number[];
};

const tokensOf = (config: ConfigObject, key: string, vocabSize: number): readonly number[] => {
  const stated = valueOf(config, key);
  const tokens: readonly unknown[] = stated === undefined ? [] : Array.isArray(stated) ? stated : [stated];
  for (const token of tokens)
    check(
      Number.isInteger(token) && (token as number) >= 0 && (token as number) < vocabSize,
      `${config.at}: ${key} must be a token, an integer from 0 to ${vocabSize - 1}`,
      token,
      "number",
    );
  return tokens as readonly number[];
};

/** @param generation - the parsed generation_config.json; undefined where there is none */
export const specialTokens = (config: unknown, generation: unknown, vocabSize: number): SpecialTokens => {
  const files = [
    configObject("readModelTexts: generation_config.json", generation ?? {}),
    configObject("readModelTexts: config.json", config),
  ];
  const first = (key: string): readonly number[] =>
    files.map((file) => tokensOf(file, key, vocabSize)).find(({ length }) => length > 0) ?? [];
  return { bosToken: first("bos_token_id")[0], stopTokens: first("eos_token_id") };
};
