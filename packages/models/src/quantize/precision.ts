/** The precisions that weights are rounded to: the form of the layers' matrices, and that of the head over the vocabulary. */
import type { BlockForm } from "./quantize-blocks.ts";

/** `q4`: about 5 bits a weight. `q8`: about 9. */
export type Precision = "q4" | "q8";

/** Elements of a row that share a scale. */
export const blockSize = 32;

type Forms = { readonly projections: BlockForm; readonly unembedding: BlockForm };

/** The head keeps 8 bits: every logit depends on it, and it is read only once a token. Embeddings, norms and biases stay as they are. */
export const precisions: Readonly<Record<Precision, Forms>> = {
  q4: { projections: { bits: 4, blockSize }, unembedding: { bits: 8, blockSize } },
  q8: { projections: { bits: 8, blockSize }, unembedding: { bits: 8, blockSize } },
};

/** Bytes of a matrix [out, in] in that form, elements and scales. */
export const blockBytes = (
  { bits, blockSize: size }: BlockForm,
  [out, inner]: readonly number[],
): { readonly elements: number; readonly scales: number } => {
  const blocks = out! * Math.ceil(inner! / size);
  return { elements: (blocks * size * bits) / 8, scales: 4 * blocks };
};

export const precisionNames: readonly Precision[] = Object.keys(precisions) as Precision[];
