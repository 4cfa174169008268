// Unpacks weights in blocks to the matrix [N, K] that they stand for, by ordinary operators:
//
//   w = scale (q - 2^(bits - 1))          the lower half of a byte comes first

import { intAttribute } from "../../operators/read-attributes.ts";
import type { Value } from "../../model/value.ts";
import type { Backward } from "../backward.ts";
import { castTo, dimsOf, gradient, inputOf, ints, mul, reshape, scalar, sub } from "../backward.ts";
import { countUp, firstElement, zeroBehind } from "../when-run.ts";

/**
 * The same bytes, as a value that is known only when the graph runs. A runtime would unpack a constant when it loads the graph, and keep
 * the matrix, eight times as large, and every intermediate result. The bytes are looked up row by row, at n + [g > g]: among the
 * operators that can pass on bytes, GPUs' providers have only the lookup.
 */
const whenRun = (at: Backward, bytes: Value): Value => {
  const { tape } = at;
  const none = zeroBehind(tape, firstElement(tape, gradient(at)), "int32");
  const rows = countUp(tape, dimsOf(at, bytes)[0]!);
  return tape.op("Gather", [bytes, tape.op("Add", [rows, none])], { axis: 0 });
};

/** The matrix of a MatMulNBits of 4 or 8 bits; undefined if it has zero points of its own, or its columns are in another order. */
export const unpacked = (at: Backward): Value | undefined => {
  const [K, N, bits, size] = ["K", "N", "bits", "block_size"].map((name) => intAttribute(at, name)) as [
    ...[number, number, number, number],
  ];
  if ((bits !== 4 && bits !== 8) || at.inputs.slice(3).some((input) => input !== undefined)) return undefined;
  const { tape } = at;
  const blocks = Math.ceil(K / size);
  const bytes = castTo(at, reshape(at, whenRun(at, inputOf(at, 1)), [N, blocks, (size * bits) / 8]), gradient(at));
  const halves = (): Value => {
    const high = tape.op("Floor", [mul(at, bytes, scalar(at, 1 / 16))]);
    const low = sub(at, bytes, mul(at, high, scalar(at, 16)));
    const apart = [low, high].map((half) => tape.op("Unsqueeze", [half, ints(at, [3])]));
    return reshape(at, tape.op("Concat", apart, { axis: 3 }), [N, blocks, size]);
  };
  const codes = sub(at, bits === 4 ? halves() : bytes, scalar(at, 2 ** (bits - 1)));
  const scales = castTo(at, reshape(at, inputOf(at, 2), [N, blocks, 1]), gradient(at));
  const whole = reshape(at, mul(at, codes, scales), [N, blocks * size]);
  return blocks * size === K ? whole : tape.op("Slice", [whole, ints(at, [0]), ints(at, [K]), ints(at, [1])]);
};
