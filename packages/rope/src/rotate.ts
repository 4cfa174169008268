/**
 * The rotation itself, RoFormer, arXiv 2104.09864, equation 34, for each pair (a, b) of a row at a position:
 *
 *     a' = a cos - b sin
 *     b' = b cos + a sin
 *
 * Pair j is (x[j], x[j + d/2]) in the layout "halves" (Llama and GPT-NeoX in Hugging Face) and (x[2j], x[2j + 1]) in
 * "interleaved" (RoFormer, GPT-J), d = rotaryDim. Dimensions from d on pass through.
 */
import { match } from "ts-pattern";
import { checkLength, checkRotaryDim } from "./check.ts";
import type { RotationTable } from "./rotation-table.ts";
import type { Tensor } from "./tensor.ts";

/** Which dimensions of a head turn together. */
export type RotaryLayout = "halves" | "interleaved";

type Heads = Tensor<readonly ["batch", "numHeads", "seqLen", "headDim"]>;

/**
 * Rotates every head of `x`: the plain-loop reference that other implementations are compared with.
 *
 * The table has one row a position, `seqLen` rows for all of the batch or `batch * seqLen` rows. The result
 * is written to `out`, which may be `x`.
 *
 * @throws RangeError when rotaryDim is not even, above 0 and at most headDim, or when the sizes disagree.
 */
export const rotate = (
  { layout, rotaryDim }: { readonly layout: RotaryLayout; readonly rotaryDim: number },
  x: Heads,
  { cos, sin }: RotationTable,
  out: Heads = { dims: x.dims, data: new Float32Array(x.data.length) },
): Heads => {
  const [batch, numHeads, seqLen, headDim] = x.dims;
  const numRows = batch * numHeads * seqLen;
  const numPairs = rotaryDim / 2;
  checkRotaryDim("rotate", rotaryDim, headDim);
  checkLength("rotate: x.data", x.data, numRows * headDim);
  checkLength("rotate: cos", cos, seqLen * numPairs * (cos.length > seqLen * numPairs ? batch : 1));
  checkLength("rotate: sin", sin, cos.length);
  checkLength("rotate: out.data", out.data, numRows * headDim);

  // Where pair j begins, and how far apart its two dimensions are.
  const [stride, gap] = match(layout)
    .with("halves", () => [1, numPairs] as const)
    .with("interleaved", () => [2, 1] as const)
    .exhaustive();
  const data = out.data;
  data.set(x.data);
  for (let row = 0; row < numRows; row++) {
    const token = Math.floor(row / numHeads / seqLen) * seqLen + (row % seqLen);
    // A table for all of the batch begins again with every item.
    let at = (token * numPairs) % cos.length;
    for (let j = 0; j < numPairs; j++, at++) {
      const first = row * headDim + j * stride;
      const second = first + gap;
      const a = data[first]!;
      const b = data[second]!;
      data[first] = a * cos[at]! - b * sin[at]!;
      data[second] = b * cos[at]! + a * sin[at]!;
    }
  }
  return out;
};
