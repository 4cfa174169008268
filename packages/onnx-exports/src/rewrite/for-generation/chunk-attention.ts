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

/** [1, seqLen, width] or [1, heads, seqLen, headDim] as [seqLen, width] in float32. */
const toRows = (tape: Tape, x: Value, layout: TensorLayout, width: number): Value => {
  const rows = layout === "heads" ? swapHeadsAndRows(tape, x) : x;
  return cast(tape, tape.op("Reshape", [rows, shape(tape, -1, width)]), "float32");
};

/** Queries, keys and values as rows. */
const projectedRows = (tape: Tape, exportValue: ExportValue, attentionMatch: AttentionMatch): readonly Value[] => {
  const { projections, numHeads, numKvHeads, headDim, type } = attentionMatch;
  const widths = [numHeads, numKvHeads, numKvHeads].map((heads) => heads * headDim);
  if (projections.kind === "packed") {
    const packed = exportValue(projections.name, type, 3);
    const parts = tape.ops("Split", 3, [packed, shape(tape, ...widths)], { axis: 2 });
    return parts.map((part, i) => toRows(tape, part, "rows", widths[i]!));
  }
  const { query, key, value } = projections;
  return [query, key, value].map(({ name, layout }: HeadsTensor, i) =>
    toRows(tape, exportValue(name, type, layout === "heads" ? 4 : 3), layout, widths[i]!),
  );
};

/** Rows [seqLen, heads * headDim], of which each head is normed if the export's attention norms heads. */
const normedRows = (
  tape: Tape,
  exportValue: ExportValue,
  { headNorms, headDim, type }: AttentionMatch,
  part: "query" | "key",
  rows: Value,
  heads: number,
): Value => {
  if (headNorms === undefined) return rows;
  const weight = cast(tape, exportValue(headNorms[part], type, 1), "float32");
  const byHead = tape.op("Reshape", [rows, shape(tape, -1, heads, headDim)]);
  return tape.op("Reshape", [emitHeadNorm(tape, byHead, weight, headNorms.epsilon), shape(tape, -1, heads * headDim)]);
};

/** Records the attention of a layer. The result has the name and the layout of the output of the export's own attention. */
export const emitChunkAttention = (
  tape: Tape,
  exportValue: ExportValue,
  attentionMatch: AttentionMatch,
  attend: Attend,
): void => {
  const { numHeads, numKvHeads, headDim, type, output } = attentionMatch;
  const [query, key, value] = projectedRows(tape, exportValue, attentionMatch);
  const attended = attend({
    query: normedRows(tape, exportValue, attentionMatch, "query", query!, numHeads),
    key: normedRows(tape, exportValue, attentionMatch, "key", key!, numKvHeads),
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
