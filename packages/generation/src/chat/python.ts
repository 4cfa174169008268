/** What Python does, in which templates are tried by those who write them, where Jinja's library does something else in silence. */
import type { Value } from "./values.ts";

const ends: Readonly<Record<string, readonly [start: boolean, end: boolean]>> = {
  strip: [true, true],
  lstrip: [true, false],
  rstrip: [false, true],
};

/** A text without the given characters at its ends; undefined where no such method is called, or without characters. */
export const stripped = (method: string, { value: text }: Value, args: readonly Value[]): string | undefined => {
  const [start, end] = Object.hasOwn(ends, method) ? ends[method]! : [false, false];
  const given: unknown = args[0]?.value;
  if (!(start || end) || typeof text !== "string" || typeof given !== "string") return undefined;
  const characters = new Set(given);
  const all = [...text];
  let [from, to] = [0, all.length];
  if (start) while (from < to && characters.has(all[from]!)) from += 1;
  if (end) while (to > from && characters.has(all[to - 1]!)) to -= 1;
  return all.slice(from, to).join("");
};
