/**
 * The rotation of `rotate` as ONNX's own operator, for each pair (a, b):
 *
 *     a' = a cos - b sin
 *     b' = b cos + a sin
 *
 * RotaryEmbedding of opset 23, with a row of the tables for each position of the input instead of position ids. The time of a
 * small model's step depends mostly on the number of nodes; this is one node in place of eight.
 */
import type { RecordOptions, Tape, Value } from "@ropewalk/graph";
import { check, checkKeys, positive } from "@ropewalk/check";
import { rotaryDimUpTo } from "../check.ts";
import { checkLayout, type RotaryLayout } from "../rotate.ts";

const interleaved: Readonly<Record<RotaryLayout, number>> = { halves: 0, interleaved: 1 };

/**
 * Records the rotation of `x`: [batch, numHeads, seqLen, headDim], or [batch, seqLen, numHeads * headDim]. The first rotaryDim
 * dimensions of a head rotate and the rest pass through. The recorded graph needs opset 23.
 *
 * @param cos - [batch, seqLen, rotaryDim / 2], rows of a `rotationTable`
 * @param sin - the same
 * @param options - the name of the result, if it becomes an output
 * @throws RangeError when rotaryDim is not even, above 0 and at most headDim, or `x` has neither three nor four axes
 */
export const emitRotaryEmbedding = (
  tape: Tape,
  config: {
    readonly layout: RotaryLayout;
    readonly numHeads: number;
    readonly headDim: number;
    readonly rotaryDim: number;
  },
  x: Value,
  cos: Value,
  sin: Value,
  options?: RecordOptions,
): Value => {
  checkKeys("emitRotaryEmbedding", "config", config, {
    layout: checkLayout,
    numHeads: positive,
    headDim: positive,
    rotaryDim: rotaryDimUpTo(config?.headDim),
  });
  const { layout, numHeads, headDim, rotaryDim } = config;
  const axes = x.dims?.length;
  check(axes === 3 || axes === 4, "emitRotaryEmbedding: x must have 3 or 4 axes", axes);
  const attributes = {
    interleaved: interleaved[layout],
    num_heads: numHeads,
    // 0 stands for all of headDim.
    rotary_embedding_dim: rotaryDim === headDim ? 0 : rotaryDim,
  };
  return tape.op("RotaryEmbedding", [x, cos, sin], attributes, options);
};
