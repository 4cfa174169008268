/** A tape knows its operators by name, by their inputs and by their attributes: what is wrong does not compile. */
import { expectTypeOf, it } from "vitest";
import type { OpType, Tape, Value } from "@ropewalk/graph";

/** Nothing is run here: the compiler alone reads it. */
export const compiled = (t: Tape, x: Value, parts: readonly Value[], domain: string): void => {
  t.op("MatMul", [x, x]);
  t.op("Slice", [x, x, x, undefined, x]);
  t.op("Concat", parts, { axis: 1 });
  t.op("LogSoftmax", [x], { axis: -1 });
  t.ops("TopK", 2, [x, x], { largest: 0 });
  t.ops("Split", parts.length, [x], { axis: 1 });
  t.op("QuickGelu", [x], { alpha: { float: 1 } }, { domain: "com.microsoft" });
  t.op("Mine", [x, undefined], { any: "text" }, { domain: "mine" });
  t.op("FusedMatMul", [x, x], {}, { domain });
  t.op("Add", [x, x], {}, { name: "add" });
  t.op("Add", [x, x], undefined, { name: "add" });
  t.branch(x, {
    whenTrue: (inner) => [inner.op("Neg", [x])],
    // @ts-expect-error: an input too few, in a graph inside
    whenFalse: (inner) => [inner.op("Add", [x])],
  });

  // @ts-expect-error: there is no such operator
  t.op("Matmul", [x, x]);
  // @ts-expect-error: an operator with graphs inside
  t.op("If", [x]);
  // @ts-expect-error: an input too few
  t.op("MatMul", [x]);
  // @ts-expect-error: an input too many
  t.op("Neg", [x, x]);
  // @ts-expect-error: an input that may not be left out
  t.op("Slice", [x, undefined, x]);
  // @ts-expect-error: as many inputs as there happen to be
  t.op("Add", parts);
  // @ts-expect-error: an attribute that the operator does not have
  t.op("Softmax", [x], { axes: 1 });
  // @ts-expect-error: an attribute of another kind
  t.op("Gemm", [x, x], { alpha: 2 });
  // @ts-expect-error: without an attribute that the operator cannot do without
  t.op("Cast", [x], {});
  // @ts-expect-error: without any attributes, where one is needed
  t.op("Cast", [x]);
  // @ts-expect-error: the same for several outputs and in another domain
  t.ops("MatMulNBits", 1, [x, x, x], undefined, { domain: "com.microsoft" });
  // @ts-expect-error: an attribute of an operator that has none
  t.op("Add", [x, x], { axis: 1 });
  // @ts-expect-error: the same in another domain
  t.op("FastGelu", [x], { axis: 1 }, { domain: "com.microsoft" });
  // @ts-expect-error: another number of outputs
  t.ops("TopK", 3, [x, x]);
  // @ts-expect-error: an operator that has two
  t.op("TopK", [x, x]);
  // @ts-expect-error: an operator of another domain
  t.op("QuickGelu", [x]);
  // @ts-expect-error: there is no such operator in that domain
  t.op("MatMulNbits", [x, x, x], {}, { domain: "com.microsoft" });
  // @ts-expect-error: an input too few in that domain
  t.op("MatMulNBits", [x, x], { K: 32, N: 8, block_size: 32 }, { domain: "com.microsoft" });
};

it("names the operators of a domain", () => {
  expectTypeOf<"Add" | "Erf">().toExtend<OpType>();
  expectTypeOf<"add">().not.toExtend<OpType>();
  expectTypeOf<"MatMulNBits">().not.toExtend<OpType>();
  expectTypeOf<"MatMulNBits">().toExtend<OpType<"com.microsoft">>();
  expectTypeOf<OpType<"mine">>().toEqualTypeOf<string>();
});
