/**
 * A model in several files: `<name>-00001-of-00003.gguf`, … The first has the metadata. Each states which part it is (`split.no`, from 0), of
 * how many (`split.count`), and how many tensors all of them have (`split.tensors.count`). What else a later part states must be as in the
 * first, because the first is read.
 */
import { check, show, showName } from "@ropewalk/check";
import type { Metadata, MetadataValue } from "./header/metadata.ts";
import type { GgufHeader } from "./header/read-header.ts";

const form = /^(.*)-(\d{5})-of-(\d{5})(\.gguf)$/is;

/** The names of all parts of the model that a file is a part of; the file alone where its name states no parts. */
export const splitNames = (file: string): readonly string[] => {
  const [, prefix, no, count, suffix] = form.exec(file) ?? [];
  if (prefix === undefined) return [file];
  const [part, parts] = [Number(no), Number(count)];
  check(part >= 1 && part <= parts, `readGguf: ${file} must be a part from 1 to ${parts} by its name`, part);
  return Array.from(
    { length: parts },
    (_, index) => `${prefix}-${String(index + 1).padStart(5, "0")}-of-${count}${suffix}`,
  );
};

/** Keys that say something of their own file. */
const ownKeys: ReadonlySet<string> = new Set(["split.no", "general.alignment"]);

type Stated = MetadataValue | undefined;

/** The first place where two values differ. Lists are compared element by element. */
const differenceOf = (
  key: string,
  first: Stated,
  other: Stated,
): { readonly key: string; readonly first: Stated; readonly other: Stated } | undefined => {
  if (typeof first !== "object" || typeof other !== "object")
    return Object.is(first, other) ? undefined : { key, first, other };
  if (first.length !== other.length) return { key: `${key}.length`, first: first.length, other: other.length };
  for (let index = 0; index < first.length; index++) {
    if (Object.is(first[index], other[index])) continue;
    const found = differenceOf(`${key}[${index}]`, first[index], other[index]);
    if (found !== undefined) return found;
  }
  return undefined;
};

/**
 * Checks that part `index` states to be that part, and nothing else than the first.
 *
 * @throws RangeError naming the file, the key, the rule and the value
 */
export const checkPart = (names: readonly string[], index: number, metadata: Metadata, first: Metadata): void => {
  const at = `readGguf: ${names[index]}`;
  const parts = names.length;
  const [count, no] = [metadata.get("split.count") ?? 1, metadata.get("split.no") ?? 0];
  // A model in one file states no parts, or one; some tools state 0.
  const isCount = count === parts || (parts === 1 && count === 0);
  check(isCount, `${at}: split.count must be ${parts}, as the file's name says`, count);
  check(no === index, `${at}: split.no must be ${index}, as the file's name says`, no);
  for (const [key, value] of metadata) {
    if (ownKeys.has(key)) continue;
    const found = differenceOf(showName(key), first.get(key), value);
    if (found !== undefined)
      check(false, `${at}: ${found.key} must be ${show(found.first)}, as in ${names[0]}`, found.other);
  }
};

/** Checks that all parts together have as many tensors as the first states. @throws RangeError with both numbers */
export const checkNumTensors = (names: readonly string[], headers: readonly GgufHeader[]): void => {
  const total = headers.reduce((sum, { tensors }) => sum + tensors.length, 0);
  const stated = headers[0]!.metadata.get("split.tensors.count") ?? total;
  check(
    stated === total,
    `readGguf: ${names[0]}: split.tensors.count must be ${total}, the tensors of all ${names.length} files`,
    stated,
  );
};
