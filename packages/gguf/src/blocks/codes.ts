/**
 * Tensors in blocks as small integers and numbers beside them. All block types are one formula: B elements of a row share a scale, and in some
 * types a minimum,
 *
 *     w[b B + k] = scale[b] code[b B + k] - minimum[b]
 *
 * A scale is the product of a float16 and an integer of at most 8 bits, so float32 holds it exactly.
 */

/** What a type's codes are. */
export type CodeForm = {
  /** B, how many elements share a scale. */
  readonly blockSize: 16 | 32;
  /** The least and the largest code. */
  readonly codes: readonly [least: number, most: number];
  /** Whether the type has minimums. */
  readonly hasMinimum: boolean;
};

export type BlockCodes = {
  /** One an element. */
  readonly codes: Int8Array;
  /** One for every B elements. */
  readonly scales: Float32Array;
  /** As many; undefined where the type has none. */
  readonly minimums: Float32Array | undefined;
};

/** What a type's reader is given: the bytes, the numbers of each float16, and the arrays to write. */
export type Unpacking = {
  readonly bytes: Uint8Array;
  readonly half: Float32Array;
  readonly codes: Int8Array;
  readonly scales: Float32Array;
  /** Empty where the type has none. */
  readonly minimums: Float32Array;
};

/** Writes the codes, scales and minimums of the block that begins at byte `at`, whose first element is `first`. */
export type ReadBlock = (unpacking: Unpacking, at: number, first: number) => void;

/** The float16 at byte `at`. */
export const halfAt = ({ bytes, half }: Unpacking, at: number): number => half[bytes[at]! | (bytes[at + 1]! << 8)]!;
