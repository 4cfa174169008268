/**
 * Finds the rotation of a value, whatever operators it is written in. The pattern of operators shows which value x is rotated:
 *
 *     x cos + turned(x) sin         turned: parts of x moved and negated
 *     RotaryEmbedding(x, cos, sin)  of opset 23
 *     either of a part of x, joined with the rest
 *
 * Running them shows how: the result for some numbers is compared with the rotation that config.json states.
 */
import { ndArray, type NodeProto } from "@ropewalk/graph";
import { rotate, rotationTable, ropeFrequencies, type RotaryLayout } from "@ropewalk/rope";
import { refuse } from "../../errors.ts";
import { evaluateFor, noise, trialInputs, type Trial } from "../trial/evaluate-value.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";
import { shortNumber } from "./short-number.ts";
import type { HeadsTensor } from "../attention-match.ts";
import type { LayerFacts } from "../layer-facts.ts";

const isOwn = ({ domain }: NodeProto): boolean => domain === "" || domain === "ai.onnx";

/** Operators between a table of cosines or sines and its use. */
const carriesTable = new Set([
  "Unsqueeze",
  "Squeeze",
  "Cast",
  "Gather",
  "Slice",
  "Concat",
  "Identity",
  "Reshape",
  "Mul",
]);

/** More nodes than any export has in one rotation. */
const maxSteps = 100;

/** Whether a value holds cosines or sines, computed by Cos or Sin or looked up in a constant table. */
const isTable = (view: ExportView, name: string): boolean => {
  let at = name;
  for (let step = 0; step < maxSteps; step++) {
    const node = view.maker(at);
    if (node === undefined || node.opType === "Constant") return (view.tensor(at)?.dims.length ?? 0) >= 2;
    if (node.opType === "Cos" || node.opType === "Sin") return true;
    if (!carriesTable.has(node.opType) || !node.input[0]) return false;
    at = node.input[0];
  }
  return false;
};

/** Operators that move parts of x. */
const moves = new Set(["Slice", "Split", "Neg", "Concat", "Cast", "Identity", "Unsqueeze", "Squeeze", "Reshape"]);

/** The values that these are parts of. One is expected, so the search ends at the second. */
const sourcesOf = (view: ExportView, names: readonly string[]): readonly string[] => {
  const sources = new Set<string>();
  const visited = new Set<string>();
  const stack = [...names];
  while (stack.length > 0 && sources.size < 2 && visited.size < maxSteps) {
    const name = stack.pop()!;
    if (visited.has(name)) continue;
    visited.add(name);
    const node = view.maker(name);
    if (node === undefined || !isOwn(node) || !moves.has(node.opType)) sources.add(name);
    else for (const input of node.opType === "Concat" ? node.input : node.input.slice(0, 1)) stack.push(input);
  }
  return [...sources];
};

/** The x in a product of x with a table; undefined if the value is no such product. */
const turnedBy = (view: ExportView, term: string): string | undefined => {
  const product = view.maker(term);
  if (product?.opType !== "Mul" || product.input.length !== 2) return undefined;
  const tables = product.input.map((factor) => isTable(view, factor));
  return tables[0] === tables[1] ? undefined : product.input[tables[0] ? 1 : 0]!;
};

/** The values whose rotation gives `name`; undefined if the operators that made it rotate nothing. */
const rotatedFrom = (view: ExportView, name: string, steps: number = maxSteps): readonly string[] | undefined =>
  view.once(`rotated ${name}`, () => {
    const node = view.maker(name);
    if (node === undefined || !isOwn(node) || steps === 0) return undefined;
    const [a = "", b = ""] = node.input;
    if (node.opType === "RotaryEmbedding") return sourcesOf(view, [a]);
    if (node.opType === "Cast" || node.opType === "Identity") return rotatedFrom(view, a, steps - 1);
    if (node.opType === "Concat") {
      const parts = node.input.slice(0, maxSteps).map((input) => rotatedFrom(view, input, steps - 1));
      if (parts.every((part) => part === undefined)) return undefined;
      const sources = parts.flatMap((part, i) => part ?? sourcesOf(view, [node.input[i]!]));
      return [...new Set(sources)].slice(0, 2);
    }
    if (node.opType !== "Add" && node.opType !== "Sub") return undefined;
    const [x, y] = [turnedBy(view, a), turnedBy(view, b)];
    return x === undefined || y === undefined ? undefined : sourcesOf(view, [x, y]);
  });

/** Whether a value was rotated, by the operators that made it. */
export const isRotated = (view: ExportView, name: string): boolean => rotatedFrom(view, name) !== undefined;

export type Rotated = { readonly tensor: HeadsTensor; readonly rotaryDim: number; readonly layout: RotaryLayout };

export type HeadCount = { readonly numHeads: number; readonly headDim: number };

/** The value of a layer without a rotation. A value that is rotated nevertheless is refused. */
const readUnrotated = (view: ExportView, node: NodeProto, name: string, { layer }: LayerFacts): Rotated => {
  if (isRotated(view, name))
    return refuse(
      `${describeNode(node)} must not rotate queries and keys, as config.json says of layer ${layer}, got a rotation at "${name}"`,
    );
  return { tensor: { name, layout: "heads" }, rotaryDim: 0, layout: "halves" };
};

/** Behind a few past tokens, and behind many, which shows other tables and other positions. */
const trialsOf = ({ trainedContext = 64 }: LayerFacts): readonly Trial[] => [
  { pastLen: 4, queryLen: 3 },
  { pastLen: Math.max(4, Math.min(trainedContext, 1024) - 2), queryLen: 2 },
];

/**
 * The rotation that makes `name`, which must be the one that config.json states for the layer.
 *
 * @throws RangeError when it is another rotation, or is not understood
 */
export const readRotated = (
  view: ExportView,
  node: NodeProto,
  name: string,
  { numHeads, headDim }: HeadCount,
  facts: LayerFacts,
): Rotated => {
  const rope = facts.rope(headDim);
  if (rope === undefined) return readUnrotated(view, node, name, facts);
  const sources = rotatedFrom(view, name);
  if (sources?.length !== 1)
    return refuse(
      `${describeNode(node)} must take queries and keys that are rotated, got "${name}" of ${makerOf(view, name)}`,
    );
  const source = sources[0]!;
  const { rotaryDim, theta, scaling } = rope;
  /** The first wrong element for a layout, in words; undefined if there is none. */
  const wrongIn = (layout: RotaryLayout): string | undefined => {
    for (const trial of trialsOf(facts)) {
      const { pastLen, queryLen } = trial;
      const dims = [1, numHeads, queryLen, headDim] as const;
      const x = noise(numHeads * queryLen * headDim, 1);
      const feeds = trialInputs(view, trial).set(source, ndArray("float32", dims, x));
      const got = view.once(`turned ${name} ${source} ${numHeads} ${headDim} ${pastLen}`, () =>
        evaluateFor(view, { node, name, what: "the rotation that makes" }, feeds),
      ).data;
      const table = rotationTable(
        ropeFrequencies({ rotaryDim, theta, scaling, seqLen: pastLen + queryLen }),
        Array.from({ length: queryLen }, (_, c) => pastLen + c),
      );
      const { data } = rotate({ layout, rotaryDim }, { dims, data: x }, table);
      if (data.length !== got.length) return `${got.length} elements in place of ${data.length}`;
      const at = data.findIndex((value, i) => !(Math.abs(value - got[i]!) < 1e-3));
      if (at >= 0) return `${shortNumber(got[at]!)} in place of ${shortNumber(data[at]!)}`;
    }
    return undefined;
  };
  const layout = (["halves", "interleaved"] as const).find((one) => wrongIn(one) === undefined);
  if (layout === undefined)
    return refuse(
      `${describeNode(node)} must rotate as config.json says (${rotaryDim} of ${headDim} dimensions, theta ${theta}, ${scaling.kind}), got ` +
        `another rotation at "${name}" (${wrongIn("halves")})`,
    );
  return { tensor: { name: source, layout: "heads" }, rotaryDim, layout };
};

const makerOf = (view: ExportView, name: string): string => {
  const maker = view.maker(name);
  return maker ? describeNode(maker) : "no node";
};
