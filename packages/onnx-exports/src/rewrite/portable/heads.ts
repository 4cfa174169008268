/**
 * Turns projections into heads, and heads into the output.
 *
 *     rows [batch, seqLen, numHeads * headDim]  <->  heads [batch, numHeads, seqLen, headDim]
 */
import type { Value } from "@ropewalk/graph";
import type { AttentionMatch, HeadsTensor } from "../../recognise/attention-match.ts";
import { integers, type EmitContext } from "./emit-context.ts";
import { emitHeadNorm } from "../head-norm.ts";

const swap = { perm: [0, 2, 1, 3] };

const rowsToHeads = (context: EmitContext, rows: Value, headDim: number, numHeads: number): Value =>
  context.tape.op("Transpose", [context.tape.op("Reshape", [rows, integers(context, 0, -1, numHeads, headDim)])], swap);

type Heads = { readonly query: Value; readonly key: Value; readonly value: Value };

/** Queries, keys and values of the new tokens, head by head. They are normed if the export norms them. */
export const emitHeads = (context: EmitContext, attentionMatch: AttentionMatch): Heads => {
  const { headNorms, type } = attentionMatch;
  const heads = emitProjected(context, attentionMatch);
  if (headNorms === undefined) return heads;
  const normed = (part: "query" | "key"): Value =>
    emitHeadNorm(context.tape, heads[part], context.value(headNorms[part], type, 1), headNorms.epsilon);
  return { ...heads, query: normed("query"), key: normed("key") };
};

const emitProjected = (
  context: EmitContext,
  { projections, numHeads, numKvHeads, headDim, type }: AttentionMatch,
): Heads => {
  const { tape } = context;
  if (projections.kind === "packed") {
    const sizes = integers(context, ...[numHeads, numKvHeads, numKvHeads].map((count) => count * headDim));
    const parts = tape.ops("Split", 3, [context.value(projections.name, type, 3), sizes], { axis: 2 });
    const [query, key, value] = parts.map((part, i) =>
      rowsToHeads(context, part, headDim, i === 0 ? numHeads : numKvHeads),
    );
    return { query: query!, key: key!, value: value! };
  }
  const heads = ({ name, layout }: HeadsTensor, count: number): Value =>
    layout === "heads"
      ? context.value(name, type, 4)
      : rowsToHeads(context, context.value(name, type, 3), headDim, count);
  return {
    query: heads(projections.query, numHeads),
    key: heads(projections.key, numKvHeads),
    value: heads(projections.value, numKvHeads),
  };
};

/** Records the output of a layer's attention, with the name and the layout that the export gives it. */
export const emitOutput = (context: EmitContext, { output, numHeads, headDim }: AttentionMatch, heads: Value): void => {
  const { tape } = context;
  const underName = { output: output.name };
  if (output.layout === "heads") tape.op("Identity", [heads], {}, underName);
  else {
    const rows = tape.op("Transpose", [heads], swap);
    tape.op("Reshape", [rows, integers(context, 0, 0, numHeads * headDim)], {}, underName);
  }
};
