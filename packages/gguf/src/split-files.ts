/**
 * A model in several files: `<name>-00001-of-00003.gguf`, … The first has the metadata. Each states which part it is (`split.no`, from 0), of
 * how many (`split.count`), and how many tensors all of them have (`split.tensors.count`).
 */
import { check } from "@ropewalk/check";
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

/**
 * Checks that the headers are those of all parts, in order.
 *
 * @throws RangeError naming the file, the key, the rule and the value
 */
export const checkSplit = (names: readonly string[], headers: readonly GgufHeader[]): void => {
  const parts = headers.length;
  for (const [index, { metadata }] of headers.entries()) {
    const at = `readGguf: ${names[index]}`;
    const [count, no] = [metadata.get("split.count") ?? 1, metadata.get("split.no") ?? 0];
    // A model in one file states no parts, or one; some tools state 0.
    const isCount = count === parts || (parts === 1 && count === 0);
    check(isCount, `${at}: split.count must be ${parts}, as the file's name says`, count);
    check(no === index, `${at}: split.no must be ${index}, as the file's name says`, no);
  }
  const total = headers.reduce((sum, { tensors }) => sum + tensors.length, 0);
  const stated = headers[0]!.metadata.get("split.tensors.count") ?? total;
  check(
    stated === total,
    `readGguf: ${names[0]}: split.tensors.count must be ${total}, the tensors of all ${parts} files`,
    stated,
  );
};
