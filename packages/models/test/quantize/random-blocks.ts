/** Blocks read back by the formula, the plainest way to make them, and random matrices, for the tests. */
import fc from "fast-check";
import type { BlockForm, Blocks } from "../../src/index.ts";

/** The codes of blocks, zero at 0, and the scale of each: a row each of `rows`, as long as its blocks are. */
export const codesOf = ({ bits }: BlockForm, { elements }: Pick<Blocks, "elements">): readonly number[] => {
  const zero = 2 ** (bits - 1);
  const codes = bits === 8 ? [...elements] : [...elements].flatMap((byte) => [byte & 15, byte >> 4]);
  return codes.map((code) => code - zero);
};

/** The matrix [rows, inner] that blocks stand for. */
export const unpack = (form: BlockForm, blocks: Blocks, inner: number): Float64Array => {
  const { blockSize } = form;
  const codes = codesOf(form, blocks);
  const perRow = Math.ceil(inner / blockSize);
  const rows = blocks.scales.length / perRow;
  return Float64Array.from({ length: rows * inner }, (_, at) => {
    const [row, column] = [Math.floor(at / inner), at % inner];
    const block = row * perRow + Math.floor(column / blockSize);
    // Without the sign of a zero.
    return blocks.scales[block]! * codes[block * blockSize + (column % blockSize)]! + 0;
  });
};

/** The elements of each block of a matrix [rows, inner]. */
export const blocksOf = (
  blockSize: number,
  values: ArrayLike<number>,
  inner: number,
): readonly (readonly number[])[] => {
  const all = Array.from(values);
  return Array.from({ length: all.length / inner }, (_, row) => all.slice(row * inner, (row + 1) * inner)).flatMap(
    (row) =>
      Array.from({ length: Math.ceil(inner / blockSize) }, (_, block) =>
        row.slice(block * blockSize, (block + 1) * blockSize),
      ),
  );
};

export const squaredError = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0);

/** One block with the scale m / (z - 1), m the size of its largest element: codes are within it but for denormal scales. */
export const roundPlainly = (bits: number, block: readonly number[]): readonly number[] => {
  const most = 2 ** (bits - 1) - 1;
  const scale = Math.fround(Math.max(...block.map(Math.abs)) / most);
  return block.map((x) => (scale === 0 ? 0 : scale * Math.max(-most, Math.min(most, Math.round(x / scale)))));
};

export const forms: readonly BlockForm[] = ([4, 8] as const).flatMap((bits) =>
  [2, 16, 32].map((blockSize) => ({ bits, blockSize })),
);

export type Case = { readonly form: BlockForm; readonly values: Float32Array; readonly inner: number };

/** A matrix whose rows end in the middle of a block as often as not; its elements from `element`. */
export const matrices = (element: fc.Arbitrary<number>): fc.Arbitrary<Case> =>
  fc
    .record({
      form: fc.constantFrom(...forms),
      rows: fc.integer({ min: 0, max: 4 }),
      inner: fc.integer({ min: 1, max: 70 }),
    })
    .chain(({ form, rows, inner }) =>
      fc
        .array(element, { minLength: rows * inner, maxLength: rows * inner })
        .map((values) => ({ form, values: Float32Array.from(values), inner })),
    );

/** What weights are like. */
export const weight: fc.Arbitrary<number> = fc.float({ min: -1, max: 1, noNaN: true });
