// Matrix products over the last two axes.
//
//   y = a b             dL/da = g bᵀ          dL/db = aᵀ g = (gᵀ a)ᵀ           summed over batches that were repeated
//   y = x Wᵀ            dL/dx = g W           W is stored in blocks of a few bits, and is not learned
//   y = α a' b' + β c   a' is a or aᵀ: as above, and dL/dc = β g

import type { InputsOf } from "../../operators/signatures.ts";
import { sizeOf } from "../../arrays/dims.ts";
import { floatAttribute, intAttribute } from "../../operators/read-attributes.ts";
import type { Value } from "../../model/value.ts";
import type { Backward, Rule } from "../backward.ts";
import { unpacked } from "./unpacked.ts";
import { dimsOf, gradient, inputOf, mul, reshape, scalar, sumTo, turned } from "../backward.ts";

const product = ({ tape }: Backward, a: Value, b: Value): Value => tape.op("MatMul", [a, b]);

/**
 * aᵀ g, computed as it stands or as the transpose of gᵀ a: the way whose transposes move fewer elements.
 *
 * @param isTurned - whether the caller wants the transpose of the result
 */
const across = (at: Backward, a: Value, g: Value, isTurned: boolean): Value => {
  const [left, right] = [dimsOf(at, a), dimsOf(at, g)];
  const [ofA, ofG, ofResult] = [left, right, [...left.slice(0, -2), left.at(-1)!, right.at(-1)!]].map(sizeOf);
  return ofG! + (isTurned ? 0 : ofResult!) < ofA! + (isTurned ? ofResult! : 0)
    ? turned(at, product(at, turned(at, g), a))
    : product(at, turned(at, a), g);
};

/** y = a b of matrices. A vector on the left counts as one row, a vector on the right as one column. */
export const matMul: Rule = (at) => {
  const [first, second] = [inputOf(at, 0), inputOf(at, 1)];
  const [left, right] = [dimsOf(at, first), dimsOf(at, second)];
  const rowDims = left.length === 1 ? [1, ...left] : left;
  const columnDims = right.length === 1 ? [...right, 1] : right;
  const batch = dimsOf(at, at.outputs[0]!).slice(0, Math.max(0, Math.max(left.length, right.length) - 2));
  const shaped = (value: Value, dims: readonly number[]): Value =>
    dimsOf(at, value).length === dims.length ? value : reshape(at, value, dims);
  const [a, b] = [() => shaped(first, rowDims), () => shaped(second, columnDims)];
  const g = (): Value => shaped(gradient(at), [...batch, rowDims.at(-2)!, columnDims.at(-1)!]);
  const rows = (value: Value, size: number): Value => reshape(at, value, [-1, size]);
  // If one matrix serves all batches, the rows of all batches form one long product.
  const shared = columnDims.length === 2 && rowDims.length > 2;
  const [inner, columns] = [rowDims.at(-1)!, columnDims.at(-1)!];
  const isTurned = right.length > 1 && at.turnedFrom(second) !== undefined;
  return [
    () => shaped(sumTo(at, product(at, g(), turned(at, b())), a()), left),
    () =>
      shaped(
        shared
          ? across(at, rows(a(), inner), rows(g(), columns), isTurned)
          : sumTo(at, across(at, a(), g(), isTurned), b()),
        right,
      ),
  ];
};

export const gemm: Rule = (at) => {
  const [a, b, c, g] = [inputOf(at, 0), inputOf(at, 1), at.inputs[2], gradient(at)];
  const [turnA, turnB] = [intAttribute(at, "transA", 0) !== 0, intAttribute(at, "transB", 0) !== 0];
  const scaled = (value: Value, by: number): Value => (by === 1 ? value : mul(at, scalar(at, by), value));
  const asMultiplied = (value: Value, turn: boolean): Value => (turn ? turned(at, value) : value);
  const alpha = floatAttribute(at, "alpha", 1);
  const back = (value: Value, turn: boolean): Value => scaled(asMultiplied(value, turn), alpha);
  return [
    () => back(product(at, g, turned(at, asMultiplied(b, turnB))), turnA),
    () => back(across(at, asMultiplied(a, turnA), g, turnB), turnB),
    c && (() => sumTo(at, scaled(g, floatAttribute(at, "beta", 1)), c)),
  ];
};

/** For blocks with zero points of their own, the operator itself unpacks the matrix: it is applied to the unit matrix. */
export const matMulNBits: Rule = (at) => {
  const K = intAttribute(at, "K");
  const [N, bits, size] = ["N", "bits", "block_size"].map((name) => intAttribute(at, name)) as [number, number, number];
  const [, ...matrix] = at.inputs as InputsOf<"com.microsoft", "MatMulNBits">;
  const unit = (): Value => {
    const data = new Float32Array(K * K);
    for (let n = 0; n < K; n++) data[n * K + n] = 1;
    return at.tape.constant("float32", [K, K], data);
  };
  const byProduct = (): Value =>
    turned(
      at,
      at.tape.op("MatMulNBits", [unit(), ...matrix], { K, N, bits, block_size: size }, { domain: "com.microsoft" }),
    );
  return [() => product(at, gradient(at), unpacked(at) ?? byProduct())];
};
