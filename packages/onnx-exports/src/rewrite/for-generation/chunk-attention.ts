/** A site's projections, as attention over a cache takes them, and what it attended, as the export goes on with it. */
import type { Attend } from "@ropewalk/decoder";
import { typeCode, type Tape, type Value } from "@ropewalk/graph";
import { emitHeadNorm } from "../head-norm.ts";
import type { AttentionMatch, HeadsTensor, TensorLayout } from "../../recognise/attention-match.ts";

/** A value of the export, by its name. */
export type Foreign = (name: string, type: Value["type"], axes: number) => Value;

const shape = (tape: Tape, ...sizes: readonly number[]): Value => tape.constant("int64", [sizes.length], sizes);

const cast = (tape: Tape, x: Value, type: AttentionMatch["type"]): Value =>
  x.type === type ? x : tape.op("Cast", [x], { to: typeCode(type) });

const swapped = (tape: Tape, x: Value): Value => tape.op("Transpose", [x], { perm: [0, 2, 1, 3] });

/** [1, seqLen, width], or [1, heads, seqLen, headDim], to [seqLen, width] in float32. */
const toRows = (tape: Tape, x: Value, layout: TensorLayout, width: number): Value => {
  const rows = layout === "heads" ? swapped(tape, x) : x;
  return cast(tape, tape.op("Reshape", [rows, shape(tape, -1, width)]), "float32");
};

const projected = (tape: Tape, foreign: Foreign, attentionMatch: AttentionMatch) => {
  const { projections, numHeads, numKvHeads, headDim, type } = attentionMatch;
  const widths = [numHeads, numKvHeads, numKvHeads].map((heads) => heads * headDim);
  if (projections.kind === "packed") {
    const packed = foreign(projections.name, type, 3);
    const parts = tape.ops("Split", 3, [packed, shape(tape, ...widths)], { axis: 2 });
    return parts.map((part, i) => toRows(tape, part, "rows", widths[i]!));
  }
  const { query, key, value } = projections;
  return [query, key, value].map(({ name, layout }: HeadsTensor, i) =>
    toRows(tape, foreign(name, type, layout === "heads" ? 4 : 3), layout, widths[i]!),
  );
};

/** Rows [seqLen, heads * headDim] with each head normed, where the site norms them. */
const normed = (
  tape: Tape,
  foreign: Foreign,
  { headNorms, headDim, type }: AttentionMatch,
  part: "query" | "key",
  rows: Value,
  heads: number,
): Value => {
  if (headNorms === undefined) return rows;
  const weight = cast(tape, foreign(headNorms[part], type, 1), "float32");
  const apart = tape.op("Reshape", [rows, shape(tape, -1, heads, headDim)]);
  return tape.op("Reshape", [emitHeadNorm(tape, apart, weight, headNorms.epsilon), shape(tape, -1, heads * headDim)]);
};

/** Records the attention of a site; its result has the name and the layout of the site's output. */
export const emitChunkAttention = (
  tape: Tape,
  foreign: Foreign,
  attentionMatch: AttentionMatch,
  attend: Attend,
): void => {
  const { numHeads, numKvHeads, headDim, type, output } = attentionMatch;
  const [query, key, value] = projected(tape, foreign, attentionMatch);
  const attended = attend({
    query: normed(tape, foreign, attentionMatch, "query", query!, numHeads),
    key: normed(tape, foreign, attentionMatch, "key", key!, numKvHeads),
    value: value!,
  });
  const rows = cast(tape, attended, type);
  const underName = { output: output.name };
  if (output.layout === "rows") tape.op("Reshape", [rows, shape(tape, 1, -1, numHeads * headDim)], {}, underName);
  else {
    const heads = tape.op("Reshape", [rows, shape(tape, 1, -1, numHeads, headDim)]);
    tape.op("Transpose", [heads], { perm: [0, 2, 1, 3] }, underName);
  }
};
