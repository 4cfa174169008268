/**
 * Cosines and sines of positions that the graph works out, from the table in pages (see `pages.ts`):
 *
 *     angle(i) = alpha + beta        alpha from the page of i, beta from its place in the page
 *     cos = cos alpha cos beta - sin alpha sin beta,     sin = sin alpha cos beta + cos alpha sin beta
 *
 * Angles are formed in float64, so the error does not grow with the position as that of a product in float32 does.
 */
import type { Value } from "@ropewalk/graph";
import { ropeFrequencies, rotationTable, type RopeFrequencies } from "@ropewalk/rope";
import { emitRotate } from "@ropewalk/rope/onnx";
import type { AttentionSite } from "../site.ts";
import { integers, type EmitContext } from "./context.ts";
import { maxTokens, pageSize, type PositionOf } from "./pages.ts";

/** Cosines and sines, [batch, 1, seqLen, rotaryDim / 2]. */
export type Rotation = { readonly cos: Value; readonly sin: Value };

/** Positions that a band gives, and the tokens they are for. */
export type RotationRequest = {
  /** Names the rotation: what is asked for again under it is recorded once. */
  readonly name: string;
  readonly position: PositionOf;
  /** int32 [batch, seqLen]. */
  readonly tokens: Value;
  /** Whether cos and sin carry the scaling's attention scale. A turn of what has it already does not. */
  readonly scaled: boolean;
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
const allPositions = ({ extended: { positions } }: EmitContext): readonly PositionOf[] =>
  positions.bands.flatMap(({ query, key }) => [query, key]);

/** The rotation of `tokens` to the positions that `position` gives them. */
export const emitRotation = (context: EmitContext, rotaryDim: number, request: RotationRequest): Rotation =>
  context.once(`rotation ${request.name} ${rotaryDim}`, () => {
    const { name, position, tokens, scaled } = request;
    const { extended, theta } = context;
    const page = context.once("page", () => pageSize(extended.positions.name, allPositions(context)));
    const { inverseFrequencies, attentionScale } = ropeFrequencies({ rotaryDim, theta, scaling: extended.scaling });
    const numPages = Math.ceil(maxTokens / page);
    const first = position(0);
    const pages = Array.from({ length: numPages }, (_, a) => position(a * page) - first);
    const places = Array.from({ length: page }, (_, b) => position(b));
    const key = `${name}.${rotaryDim}`;
    const coarse = emitTable(context, `${key}.page`, { inverseFrequencies, attentionScale: 1 }, pages);
    const scale = scaled ? attentionScale : 1;
    const fine = emitTable(context, `${key}.place`, { inverseFrequencies, attentionScale: scale }, places);

    const tape = context.tape.scope(name);
    const size = tape.constant("int32", [], [page]);
    const [a, b] = [tape.op("Div", [tokens, size]), tape.op("Mod", [tokens, size])];
    const rows = (table: Value, index: Value): Value => tape.op("Gather", [table, index], { axis: 0 });
    const [cosA, sinA] = [rows(coarse.cos, a), rows(coarse.sin, a)];
    const [cosB, sinB] = [rows(fine.cos, b), rows(fine.sin, b)];
    const times = (x: Value, y: Value): Value => tape.op("Mul", [x, y]);
    const heads = integers(context, 1);
    return {
      cos: tape.op("Unsqueeze", [tape.op("Sub", [times(cosA, cosB), times(sinA, sinB)]), heads]),
      sin: tape.op("Unsqueeze", [tape.op("Add", [times(sinA, cosB), times(cosA, sinB)]), heads]),
    };
  });

/** Rotates `x` [batch, heads, seqLen, headDim] of the site's type, in float32. */
export const rotate = (context: EmitContext, site: AttentionSite, x: Value, { cos, sin }: Rotation): Value => {
  const { tape } = context;
  const { headDim, rotaryDim, layout, type } = site;
  const turn = (y: Value): Value => emitRotate(tape, { layout, headDim, rotaryDim }, y, cos, sin);
  return type === "float32" ? turn(x) : toType(context, turn(toType(context, x, "float32")), type);
};

const typeNumber = { float32: 1, float16: 10 } as const;

/** `x` in another type. */
export const toType = ({ tape }: EmitContext, x: Value, type: "float32" | "float16"): Value =>
  x.type === type ? x : tape.op("Cast", [x], { to: typeNumber[type] });
