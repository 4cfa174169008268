/**
 * A layer's attention over the cache of generation: the export's projections become what `@ropewalk/decoder` attends with, and its
 * result becomes the output of the export's own attention.
 */
import type { Attend } from "@ropewalk/decoder";
import { typeCode, type Tape, type Value } from "@ropewalk/graph";
import { emitHeadNorm } from "../head-norm.ts";
import type { AttentionMatch, HeadsTensor, TensorLayout } from "../../recognise/attention-match.ts";

/** A value of the export, by its name. */
export type ExportValue = (name: string, type: Value["type"], axes: number) => Value;

const shape = (tape: Tape, ...sizes: readonly number[]): Value => tape.constant("int64", [sizes.length], sizes);

const cast = (tape: Tape, x: Value, type: AttentionMatch["type"]): Value =>
  x.type === type ? x : tape.op("Cast", [x], { to: typeCode(type) });

const swapHeadsAndRows = (tape: Tape, x: Value): Value => tape.op("Transpose", [x], { perm: [0, 2, 1, 3] });

/** [1, seqLen, heads * headDim] or [1, heads, seqLen, headDim] as [1, heads, seqLen, headDim] in float32. */
const toHeads = (tape: Tape, x: Value, layout: TensorLayout, heads: number, headDim: number): Value => {
  const byHead =
    layout === "heads" ? x : swapHeadsAndRows(tape, tape.op("Reshape", [x, shape(tape, 1, -1, heads, headDim)]));
  return { ...cast(tape, byHead, "float32"), dims: [1, heads, "seqLen", headDim] };
};

/** Queries, keys and values head by head. */
const projectedHeads = (tape: Tape, exportValue: ExportValue, attentionMatch: AttentionMatch): readonly Value[] => {
  const { projections, numHeads, numKvHeads, headDim, type } = attentionMatch;
  const heads = [numHeads, numKvHeads, numKvHeads];
  if (projections.kind === "packed") {
    const all = numHeads + 2 * numKvHeads;
    const packed = toHeads(tape, exportValue(projections.name, type, 3), "rows", all, headDim);
    return tape.ops("Split", 3, [packed, shape(tape, ...heads)], { axis: 1 });
  }
  const { query, key, value } = projections;
  return [query, key, value].map(({ name, layout }: HeadsTensor, i) =>
    toHeads(tape, exportValue(name, type, layout === "heads" ? 4 : 3), layout, heads[i]!, headDim),
  );
};

/** Heads [1, heads, seqLen, headDim], each normed if the export's attention norms heads. */
const normedHeads = (
  tape: Tape,
  exportValue: ExportValue,
  { headNorms, type }: AttentionMatch,
  part: "query" | "key",
  heads: Value,
): Value => {
  if (headNorms === undefined) return heads;
  const weight = cast(tape, exportValue(headNorms[part], type, 1), "float32");
  return emitHeadNorm(tape, heads, weight, headNorms.epsilon);
};

/** Records the attention of a layer. The result has the name and the layout of the output of the export's own attention. */
export const emitChunkAttention = (
  tape: Tape,
  exportValue: ExportValue,
  attentionMatch: AttentionMatch,
  attend: Attend,
): void => {
  const { numHeads, headDim, type, output } = attentionMatch;
  const [query, key, value] = projectedHeads(tape, exportValue, attentionMatch);
  const attended = attend({
    query: normedHeads(tape, exportValue, attentionMatch, "query", query!),
    key: normedHeads(tape, exportValue, attentionMatch, "key", key!),
    value: value!,
  });
  const rows = cast(tape, attended, type);
  const asOutput = { output: output.name };
  if (output.layout === "rows") {
    tape.op("Reshape", [rows, shape(tape, 1, -1, numHeads * headDim)], {}, asOutput);
    return;
  }
  const byHead = tape.op("Reshape", [rows, shape(tape, 1, -1, numHeads, headDim)]);
  tape.op("Transpose", [byHead], { perm: [0, 2, 1, 3] }, asOutput);
};
