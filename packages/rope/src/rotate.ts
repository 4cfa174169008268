/**
 * The rotation itself, RoFormer, arXiv 2104.09864, equation 34, for each pair (a, b) of a row at a position:
 *
 *     a' = a cos - b sin
 *     b' = b cos + a sin
 *
 * Pair j is (x[j], x[j + d/2]) in the layout "halves" (Llama and GPT-NeoX in Hugging Face) and (x[2j], x[2j + 1]) in
 * "interleaved" (RoFormer, GPT-J), d = rotaryDim. Dimensions from d on pass through.
 */
import { checkArray, checkConfig, oneOf, type Rule } from "@ropewalk/check";
import { rotaryDimUpTo } from "./check.ts";
import type { RotationTable } from "./rotation-table.ts";
import type { NamedTensor } from "./named-tensor.ts";

/** Which dimensions of a head turn together. */
export type RotaryLayout = "halves" | "interleaved";

/** How far apart two neighbouring pairs begin, and how far apart the two dimensions of a pair are. */
const layouts: Readonly<Record<RotaryLayout, (numPairs: number) => readonly [stride: number, gap: number]>> = {
  halves: (numPairs) => [1, numPairs],
  interleaved: () => [2, 1],
};

/** @throws RangeError with a list of the layouts. */
export const checkLayout: Rule = oneOf(layouts);

type Heads = NamedTensor<readonly ["batch", "numHeads", "seqLen", "headDim"]>;

/**
 * Rotates every head of `x`: the plain-loop reference that other implementations are compared with.
 *
 * The table has one row for each position: `seqLen` rows that the whole batch shares, or `batch * seqLen` rows. The result
 * is written to `out`, which may be `x`.
 *
 * @throws RangeError when rotaryDim is not even, above 0 and at most headDim, the layout is unknown, or the sizes disagree;
 * TypeError when a type is wrong or there is a key that is not known.
 */
export const rotate = (
  config: { readonly layout: RotaryLayout; readonly rotaryDim: number },
  x: Heads,
  table: RotationTable,
  out?: Heads,
): Heads => {
  checkArray("rotate", "x.dims", x?.dims, "Array", 4);
  const [batch, numHeads, seqLen, headDim] = x.dims;
  const { layout, rotaryDim } = checkConfig("rotate", config, {
    layout: checkLayout,
    rotaryDim: rotaryDimUpTo(headDim),
  });
  const rotated = out ?? { dims: x.dims, data: new Float32Array(batch * numHeads * seqLen * headDim) };
  const numRows = batch * numHeads * seqLen;
  const numPairs = rotaryDim / 2;
  checkArray("rotate", "x.data", x.data, "Float32Array", numRows * headDim);
  const { cos, sin } = { ...table };
  checkArray("rotate", "cos", cos, "Float32Array", seqLen * numPairs * (cos?.length > seqLen * numPairs ? batch : 1));
  checkArray("rotate", "sin", sin, "Float32Array", cos.length);
  checkArray("rotate", "out.data", rotated.data, "Float32Array", numRows * headDim);

  const [stride, gap] = layouts[layout](numPairs);
  const data = rotated.data;
  data.set(x.data);
  for (let row = 0; row < numRows; row++) {
    const token = Math.floor(row / numHeads / seqLen) * seqLen + (row % seqLen);
    // A table that the whole batch shares begins again with every item.
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
  return rotated;
};
