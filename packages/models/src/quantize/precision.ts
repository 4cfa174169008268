/** The precisions that weights are rounded to: the form of the layers' matrices, and that of the head over the vocabulary. */
import type { BlockForm } from "./quantize-blocks.ts";

/** `q4`: about 5 bits a weight. `q8`: about 9. */
export type Precision = "q4" | "q8";

type Form = {
  /** Bits of the layers' matrices. The head keeps 8: every logit depends on it, and it is read only once a token. */
  readonly bits: BlockForm["bits"];
  /**
   * How many elements of a row share a scale: the first size that divides the rows of all matrices, or else the last. In 8 bits blocks
   * of 64 lose nothing and are multiplied faster; in 4 bits they lose too much. In blocks of 128 the runtime multiplies one row otherwise
   * than many, so that a step would no longer give what a chunk gives.
   */
  readonly blockSizes: readonly [number, ...(readonly number[])];
};

const forms: Readonly<Record<Precision, Form>> = {
  q4: { bits: 4, blockSizes: [32] },
  q8: { bits: 8, blockSizes: [64, 32] },
};

/**
 * Those of a GGUF file's matrices. Its own blocks are as long or shorter: then codes and scales of Q4_0, Q5_0 and Q8_0 are found again, and
 * nothing is rounded a second time.
 */
const sizesOfGguf: Form["blockSizes"] = [32];

/**
 * The forms of a precision for matrices whose rows have these lengths. Embeddings, norms and biases stay as they are.
 *
 * @param isGguf - whether the matrices are a GGUF file's
 */
export const blockForms = (
  precision: Precision,
  rowLengths: readonly number[],
  isGguf: boolean = false,
): { readonly projections: BlockForm; readonly unembedding: BlockForm } => {
  const { bits, blockSizes: usual } = forms[precision];
  const blockSizes = isGguf ? sizesOfGguf : usual;
  const blockSize = blockSizes.find((size) => rowLengths.every((length) => length % size === 0)) ?? blockSizes.at(-1)!;
  return { projections: { bits, blockSize }, unembedding: { bits: 8, blockSize } };
};

/** Bytes of a matrix [out, in] in that form, elements and scales. */
export const blockBytes = (
  { bits, blockSize: size }: BlockForm,
  [out, inner]: readonly number[],
): { readonly elements: number; readonly scales: number } => {
  const blocks = out! * Math.ceil(inner! / size);
  return { elements: (blocks * size * bits) / 8, scales: 4 * blocks };
};

export const precisionNames: readonly Precision[] = Object.keys(forms) as Precision[];
