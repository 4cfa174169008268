/**
 * Cosines and sines of positions that the graph computes, from tables of pages (see `position-pages.ts`):
 *
 *     angle(i) = alpha + beta        alpha from the page of i, beta from its place in the page
 *     cos = cos alpha cos beta - sin alpha sin beta,     sin = sin alpha cos beta + cos alpha sin beta
 *
 * The tables' angles are computed in float64. So the error does not grow with the position, as it would with a product in float32.
 */
import { typeCode, type Value } from "@ropewalk/graph";
import { ropeFrequencies, rotationTable, type RopeFrequencies } from "@ropewalk/rope";
import { emitRotate } from "@ropewalk/rope/onnx";
import type { AttentionMatch } from "../../recognise/attention-match.ts";
import { integers, type EmitContext } from "./emit-context.ts";
import type { EmitGroup } from "./emit-group.ts";
import { maxTokens, pageSize, type PositionOf } from "./position-pages.ts";

/** Cosines and sines, [batch, 1, seqLen, rotaryDim / 2]. */
export type Rotation = { readonly cos: Value; readonly sin: Value };

/** The tokens to rotate, and the positions that a band gives them. */
export type RotationRequest = {
  /** The name of the rotation. A group records a rotation of one name once. */
  readonly name: string;
  readonly position: PositionOf;
  /** int32 [batch, seqLen]. */
  readonly tokens: Value;
  /**
   * "position": a query or a new key is rotated to its position. Cosines and sines include the attention scale, and are rounded to
   * the layer's type, as those in the export's own table.
   * "turn": a cached key is rotated from one position to another.
   */
  readonly role: "position" | "turn";
};

const emitTable = (
  context: EmitContext,
  name: string,
  { inverseFrequencies, attentionScale }: RopeFrequencies,
  positions: readonly number[],
): { readonly cos: Value; readonly sin: Value } => {
  const { cos, sin } = rotationTable({ inverseFrequencies, attentionScale }, positions);
  const dims = [positions.length, inverseFrequencies.length];
  return {
    cos: context.tape.constant("float32", dims, cos, `/ropewalk/${name}.cos`),
    sin: context.tape.constant("float32", dims, sin, `/ropewalk/${name}.sin`),
  };
};

/** The positions of every band, of queries and of keys. */
const allPositions = ({ positions }: EmitGroup): readonly PositionOf[] =>
  positions.bands.flatMap(({ query, key }) => [query, key]);

/** The cosines and sines of a rotation for the layers of a group; undefined if these have no rotation. */
export const emitRotation = (
  context: EmitContext,
  { group, type }: { readonly group: EmitGroup; readonly type: AttentionMatch["type"] },
  request: RotationRequest,
): Rotation | undefined => {
  const { rope, place } = group;
  if (rope === undefined) return undefined;
  const { rotaryDim, theta, scaling } = rope;
  return context.once(`rotation ${place} ${request.name} ${type}`, () => {
    const { position, tokens, role } = request;
    const name = place === 0 ? request.name : `groups.${place}.${request.name}`;
    const page = context.once(`page ${place}`, () => pageSize(group.positions.name, allPositions(group)));
    const { inverseFrequencies, attentionScale } = ropeFrequencies({ rotaryDim, theta, scaling });
    const numPages = Math.ceil(maxTokens / page);
    const first = position(0);
    const pages = Array.from({ length: numPages }, (_, a) => position(a * page) - first);
    const places = Array.from({ length: page }, (_, b) => position(b));
    const key = `${name}.${rotaryDim}`;
    const coarse = emitTable(context, `${key}.page`, { inverseFrequencies, attentionScale: 1 }, pages);
    const scale = role === "position" ? attentionScale : 1;
    const fine = emitTable(context, `${key}.place`, { inverseFrequencies, attentionScale: scale }, places);

    const tape = context.tape.scope(name);
    const size = tape.constant("int32", [], [page]);
    const [a, b] = [tape.op("Div", [tokens, size]), tape.op("Mod", [tokens, size])];
    const rows = (table: Value, index: Value): Value => tape.op("Gather", [table, index], { axis: 0 });
    const [cosA, sinA] = [rows(coarse.cos, a), rows(coarse.sin, a)];
    const [cosB, sinB] = [rows(fine.cos, b), rows(fine.sin, b)];
    const times = (x: Value, y: Value): Value => tape.op("Mul", [x, y]);
    const finish = (x: Value): Value => {
      const rounded = role === "position" ? toType({ ...context, tape }, x, type) : x;
      return tape.op("Unsqueeze", [toType({ ...context, tape }, rounded, "float32"), integers(context, 1)]);
    };
    return {
      cos: finish(tape.op("Sub", [times(cosA, cosB), times(sinA, sinB)])),
      sin: finish(tape.op("Add", [times(sinA, cosB), times(cosA, sinB)])),
    };
  });
};

/** `x` [batch, heads, seqLen, headDim], rotated in float32 and given in the layer's type. Without a rotation it stays as it is. */
export const rotate = (
  context: EmitContext,
  attentionMatch: AttentionMatch,
  x: Value,
  rotation: Rotation | undefined,
): Value => {
  if (rotation === undefined) return x;
  const { cos, sin } = rotation;
  const { headDim, rotaryDim, layout, type } = attentionMatch;
  const wide = toType(context, x, "float32");
  return toType(context, emitRotate(context.tape, { layout, headDim, rotaryDim }, wide, cos, sin), type);
};

/** `x` as a type. */
export const toType = ({ tape }: EmitContext, x: Value, type: AttentionMatch["type"]): Value => {
  if (x.type === undefined) throw new TypeError(`toType: the type of "${x.name}" must be known, got none`);
  return x.type === type ? x : tape.op("Cast", [x], { to: typeCode(type) });
};
