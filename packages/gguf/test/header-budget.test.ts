/** How much memory a header may take: what is counted, before it is made. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ggufFile, type GgufValue } from "@ropewalk/testing/checkpoints/gguf-file";
import { lettersMemory } from "../src/header/budget.ts";
import { readGguf, type ByteSource, type Gguf } from "../src/index.ts";
import { changed, placeOf, read, watched } from "./gguf-bytes.ts";

describe("a header of many small things", () => {
  const withCount = (start: Uint8Array, count: number): Uint8Array => {
    const bytes = new Uint8Array(start.length + 8);
    bytes.set(start);
    new DataView(bytes.buffer).setBigUint64(start.length, BigInt(count), true);
    return bytes;
  };
  /** A file of 16 GB: a header, cut where its last count stands, that count, and zeros. A zero is a flag, eight an empty text. */
  const vast = (start: Uint8Array, count: number): ByteSource => {
    const bytes = withCount(start, count);
    return {
      size: 2 ** 34,
      read: async (from, to) => {
        const piece = new Uint8Array(to - from);
        piece.set(bytes.subarray(from, to));
        return piece;
      },
    };
  };
  const upToCountOf = (list: GgufValue): Uint8Array => {
    const bytes = ggufFile({ metadata: { n: list }, tensors: {} });
    return bytes.subarray(0, placeOf(bytes, "n") + 1 + 8);
  };
  const texts = upToCountOf({ type: "strings", value: [] });
  const flags = upToCountOf({ type: "bools", value: [] });
  const numbers = upToCountOf({ type: "floats", value: [] });
  const lists = changed(texts, -4, 9);
  const empty = ggufFile({ metadata: {}, tensors: {} });

  it.each([
    [
      "texts",
      texts,
      8_000_000,
      /elements of n must be at most 2097119, each of which counts as 32 bytes, in the 67108864/,
    ],
    ["flags", flags, 260_000_000, /elements of n must be at most 8388479, .*got 260000000/],
    ["numbers", numbers, 20_000_000, /elements of n must be at most 16776959, each of which counts as 4 bytes/],
    ["lists", lists, 8_000_000, /elements of n must be at most 65534, each of which counts as 1024 bytes/],
    ["keys", empty.subarray(0, 16), 1_000_000, /number of keys must be at most 65536/],
    ["tensors", empty.subarray(0, 8), 1_000_000, /number of tensors must be at most 65536/],
  ])("is refused with too many %s, before any is read", async (_, start, count, message) => {
    const { source, ranges } = watched(vast(start, count));
    await expect(readGguf("x.gguf", async () => source)).rejects.toThrow(message);
    expect(ranges).toEqual([[0, 262_144]]);
  });

  it("is refused with too many lists in a list of lists", async () => {
    // 40,000 lists, the first of which is one of 40,000 lists again.
    const first = new Uint8Array(lists.length + 8 + 4);
    first.set(withCount(lists, 40_000));
    first.set([9], lists.length + 8);
    await expect(readGguf("x.gguf", async () => vast(first, 40_000))).rejects.toThrow(
      /the number of elements of n must be at most 25534, /,
    );
  });

  it("may have as many keys as its budget has room for", async () => {
    // Each takes 1,024 bytes and its five letters.
    const count = Math.floor(2 ** 26 / (1024 + 5));
    const keys = Buffer.alloc(count * 18);
    for (let key = 0; key < count; key++) {
      keys.writeUInt8(5, key * 18);
      keys.write(String(10_000 + key), key * 18 + 8);
    }
    const bytes = Buffer.concat([withCount(empty.subarray(0, 16), count), keys]);
    expect((await read(bytes)).metadata.size).toBe(count);
  });

  it("is refused with lists more than 4 deep", async () => {
    let deep = lists;
    for (let depth = 0; depth < 4; depth++) deep = Uint8Array.of(...withCount(deep, 1), 9, 0, 0, 0);
    await expect(readGguf("x.gguf", async () => vast(deep, 1))).rejects.toThrow(/lists at most 4 deep, got 5/);
  });

  it("is refused with a text beyond 64 MB, before it is read", async () => {
    const { source, ranges } = watched(vast(upToCountOf({ type: "string", value: "" }).subarray(0, -4), 2 ** 28));
    await expect(readGguf("x.gguf", async () => source)).rejects.toThrow(/header must have at most 67108864 bytes/);
    expect(ranges).toEqual([[0, 262_144]]);
  });

  it("is refused with texts that are few, and take much memory", async () => {
    // A letter that is not of Latin-1 makes the others twice as wide: 20 MB of the file, 40 MB of memory.
    const text = Buffer.from(`${"a".repeat(2 ** 20)}Ж`);
    const piece = Buffer.concat([Buffer.alloc(8), text]);
    piece.writeBigUInt64LE(BigInt(text.length));
    const ofTexts = (count: number): Promise<Gguf> =>
      read(Buffer.concat([withCount(texts, count), ...Array.from({ length: count }, () => piece), Buffer.alloc(64)]));
    await expect(ofTexts(40)).rejects.toThrow(/the letters of n: text 31 must be at most \d+, in the 67108864 bytes/);
  });

  it("counts letters as they lie in memory", () => {
    // The first and the last letters of each length in UTF-8, and of Latin-1.
    const letter = fc.constantFrom(
      "a",
      "\u007f",
      "\u0080",
      "ÿ",
      "Ā",
      "\u07ff",
      "\u0800",
      "漢",
      "\uffff",
      "\u{10000}",
      "\u{10ffff}",
    );
    const anyText = fc.array(letter, { maxLength: 40 }).map((letters) => letters.join(""));
    fc.assert(
      fc.property(anyText, (text) => {
        const isNarrow = [...text].every((point) => point.codePointAt(0)! < 256);
        return lettersMemory(new TextEncoder().encode(text)) === text.length * (isNarrow ? 1 : 2);
      }),
    );
  });

  it("is read with the largest vocabularies", async () => {
    const { metadata } = await readGguf("x.gguf", async () => vast(texts, 800_000));
    expect((metadata.get("n") as readonly string[]).length).toBe(800_000);
  });
});
