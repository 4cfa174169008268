/**
 * Reads a header from its first byte on. The bytes come in pieces, each at least as long as what is asked for, so that a header of megabytes
 * takes few reads, and the weights behind it none.
 *
 * `need` makes sure that the next bytes are there. It gives a promise only where they have to be read: a vocabulary has a hundred thousand
 * texts, and waiting for each would take longer than reading them.
 */
import { check } from "@ropewalk/check";
import type { ByteSource } from "../byte-source.ts";
import { budgetOf, type Spend } from "./budget.ts";

export type Cursor = {
  /** What errors begin with: the function and the file. */
  readonly at: string;
  /** How many bytes have been taken. */
  readonly taken: () => number;
  /** How many bytes the file has behind them. */
  readonly left: () => number;
  /** Takes what a header counts from its budget. */
  readonly spend: Spend;
  /** Makes sure that the next `bytes` are there. @throws RangeError when the file ends before */
  readonly need: (what: string, bytes: number) => Promise<void> | undefined;
  readonly uint32: () => number;
  readonly uint64: () => bigint;
  /** The next bytes, valid until `need` is called again. */
  readonly bytes: (length: number) => Uint8Array;
};

const pieceBytes = 2 ** 18;

/** In bytes: twice what the largest vocabularies take, and few enough to be held. */
const longestHeader = 2 ** 26;

export const cursorOver = (at: string, source: ByteSource): Cursor => {
  let piece: Uint8Array = new Uint8Array(0);
  let view = new DataView(piece.buffer);
  // The place of the piece in the file, and of the next byte in the piece.
  let [start, next] = [0, 0];
  const advance = (length: number): number => {
    next += length;
    return next - length;
  };
  const refill = async (bytes: number): Promise<void> => {
    start += next;
    next = 0;
    piece = await source.read(start, Math.min(source.size, start + Math.max(bytes, pieceBytes)));
    view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    check(piece.length >= bytes, `${at}: the file must have ${start + bytes} bytes`, start + piece.length);
  };
  const left = (): number => source.size - start - next;
  return {
    at,
    left,
    taken: () => start + next,
    spend: budgetOf(at),
    need: (what, bytes) => {
      if (next + bytes <= piece.length) return undefined;
      check(bytes <= left(), `${at}: the file must be whole: ${what} takes ${bytes} bytes more`, left());
      const end = start + next + bytes;
      check(end <= longestHeader, `${at}: the header must have at most ${longestHeader} bytes`, end);
      return refill(bytes);
    },
    uint32: () => view.getUint32(advance(4), true),
    uint64: () => view.getBigUint64(advance(8), true),
    bytes: (length) => {
      const from = advance(length);
      return piece.subarray(from, from + length);
    },
  };
};
