/** Bytes of GGUF files for the tests: read, changed at a place, and watched while they are read. */
import { readGguf, bytesSource, type ByteSource, type Gguf } from "../src/index.ts";

export const read = (bytes: Uint8Array, name = "x.gguf"): Promise<Gguf> =>
  readGguf(name, async () => bytesSource(bytes));

/** A source that notes what is read of it. */
export const watched = (
  source: ByteSource,
): { readonly source: ByteSource; readonly ranges: (readonly number[])[] } => {
  const ranges: (readonly number[])[] = [];
  const noting: ByteSource = {
    size: source.size,
    read: (from, to) => {
      ranges.push([from, to]);
      return source.read(from, to);
    },
  };
  return { source: noting, ranges };
};

/** The file with bytes replaced from `at` on; negative: from the end. */
export const changed = (bytes: Uint8Array, at: number, ...values: readonly number[]): Uint8Array => {
  const copy = bytes.slice();
  copy.set(values, at < 0 ? bytes.length + at : at);
  return copy;
};

/** Where a text begins in a file. */
export const placeOf = (bytes: Uint8Array, text: string): number => Buffer.from(bytes).indexOf(text);
