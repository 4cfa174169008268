/** Typed values of a GGUF file's metadata. Each error names the key, the rule and the value. */
import { check } from "@ropewalk/check";
import type { Metadata } from "@ropewalk/gguf";

export type FileMetadata = {
  /** What errors begin with: the function, and the file where it is known. */
  readonly at: string;
  readonly values: Metadata;
};

export const textAt = (metadata: FileMetadata, key: string): string | undefined => {
  const value = metadata.values.get(key);
  check(value === undefined || typeof value === "string", `${metadata.at}: ${key} must be text`, value, "string");
  return value;
};

export const flagAt = (metadata: FileMetadata, key: string): boolean | undefined => {
  const value = metadata.values.get(key);
  check(
    value === undefined || typeof value === "boolean",
    `${metadata.at}: ${key} must be true or false`,
    value,
    "boolean",
  );
  return value;
};

type List = ArrayLike<unknown> & Iterable<unknown>;

const isList = (value: unknown): value is List =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

const listAt = (metadata: FileMetadata, key: string): List | undefined => {
  const value = metadata.values.get(key);
  check(value === undefined || isList(value), `${metadata.at}: ${key} must be a list`, value, "object");
  return value as List | undefined;
};

export const textsAt = (metadata: FileMetadata, key: string): readonly string[] | undefined => {
  const list = listAt(metadata, key);
  if (list === undefined) return undefined;
  const texts = Array.from(list);
  const wrong = texts.findIndex((text) => typeof text !== "string");
  check(wrong < 0, `${metadata.at}: ${key}[${wrong}] must be text`, texts[wrong], "string");
  return texts as readonly string[];
};

/** Finite numbers. */
export const numbersAt = (metadata: FileMetadata, key: string): readonly number[] | undefined => {
  const list = listAt(metadata, key);
  if (list === undefined) return undefined;
  const numbers = Array.from(list, (one) => (typeof one === "bigint" ? Number(one) : one));
  const wrong = numbers.findIndex((one) => !Number.isFinite(one));
  check(wrong < 0, `${metadata.at}: ${key}[${wrong}] must be a finite number`, numbers[wrong], "number");
  return numbers as readonly number[];
};

const checkToken = (metadata: FileMetadata, key: string, id: unknown, numTokens: number): void =>
  check(
    Number.isInteger(id) && (id as number) >= 0 && (id as number) < numTokens,
    `${metadata.at}: ${key} must be a token, an integer from 0 to ${numTokens - 1}`,
    id,
    "number",
  );

/** -1 in 32 bits without a sign, by which files say that there is no such token. */
const noToken = 2 ** 32 - 1;

/** The id of a token; undefined where the key is absent, or says that there is none. */
export const tokenAt = (metadata: FileMetadata, key: string, numTokens: number): number | undefined => {
  const id = metadata.values.get(key);
  if (id === undefined || id === noToken) return undefined;
  checkToken(metadata, key, id, numTokens);
  return id as number;
};

/** The ids of tokens. */
export const tokensAt = (metadata: FileMetadata, key: string, numTokens: number): readonly number[] => {
  const ids = numbersAt(metadata, key) ?? [];
  for (const [index, id] of ids.entries()) checkToken(metadata, `${key}[${index}]`, id, numTokens);
  return ids;
};
