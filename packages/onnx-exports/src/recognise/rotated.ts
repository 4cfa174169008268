/**
 * Where a value was rotated, whatever operators did it. Their shape tells what is rotated,
 *
 *     x cos + turned(x) sin         turned: parts of x moved and negated
 *     RotaryEmbedding(x, cos, sin)  of opset 23
 *     either of a part of x, joined with the rest
 *
 * and trying them tells how: the part is run on numbers and compared with the rotation that config.json states.
 */
import { ndArray, type NodeProto } from "@ropewalk/graph";
import { rotate, rotationTable, ropeFrequencies, type RotaryLayout } from "@ropewalk/rope";
import { refuse } from "../check.ts";
import { evaluateValue, noise, trialInputs } from "../evaluate-value.ts";
import { nameOf, type GraphView } from "../graph-view.ts";
import type { SiteTensor } from "../site.ts";
import type { ModelFacts } from "./form.ts";

const isOwn = ({ domain }: NodeProto): boolean => domain === "" || domain === "ai.onnx";

/** What carries a table of cosines or sines from where it is made to where it is used. */
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

/** Whether a value is a table of cosines or sines: computed as such, or looked up in a constant. */
const isTable = (view: GraphView, name: string): boolean => {
  const node = view.maker(name);
  if (node === undefined) return (view.initializer(name)?.dims.length ?? 0) >= 2;
  if (node.opType === "Cos" || node.opType === "Sin") return true;
  if (node.opType === "Constant") return (view.constant(name)?.dims.length ?? 0) >= 2;
  return carriesTable.has(node.opType) && node.input[0] !== undefined && isTable(view, node.input[0]);
};

/** What moves parts of x. */
const moves = new Set(["Slice", "Split", "Neg", "Concat", "Cast", "Identity", "Unsqueeze", "Squeeze", "Reshape"]);

/** What parts of x were taken from, one value if all is well. */
const sourcesOf = (view: GraphView, name: string): readonly string[] => {
  const node = view.maker(name);
  if (node === undefined || !isOwn(node) || !moves.has(node.opType)) return [name];
  const data = node.opType === "Concat" ? node.input : node.input.slice(0, 1);
  return [...new Set(data.flatMap((input) => sourcesOf(view, input)))];
};

/** What is rotated to give `name`; undefined when nothing is, by the operators that made it. */
const rotatedFrom = (view: GraphView, name: string): readonly string[] | undefined => {
  const node = view.maker(name);
  if (node === undefined || !isOwn(node)) return undefined;
  const [a = "", b = ""] = node.input;
  if (node.opType === "RotaryEmbedding") return sourcesOf(view, a);
  if (node.opType === "Cast" || node.opType === "Identity") return rotatedFrom(view, a);
  if (node.opType === "Concat") {
    const parts = node.input.map((input) => rotatedFrom(view, input));
    if (parts.every((part) => part === undefined)) return undefined;
    return [...new Set(parts.flatMap((part, i) => part ?? sourcesOf(view, node.input[i]!)))];
  }
  if (node.opType !== "Add" && node.opType !== "Sub") return undefined;
  const products = [a, b].map((term) => {
    const product = view.maker(term);
    if (product?.opType !== "Mul") return undefined;
    const tables = product.input.map((factor) => isTable(view, factor));
    return tables[0] === tables[1] ? undefined : product.input[tables[0] ? 1 : 0]!;
  });
  if (products.some((product) => product === undefined)) return undefined;
  return [...new Set(products.flatMap((product) => sourcesOf(view, product!)))];
};

/** Whether a value is what rotating gives, by the operators that made it. */
export const isRotated = (view: GraphView, name: string): boolean => rotatedFrom(view, name) !== undefined;

export type Rotated = { readonly tensor: SiteTensor; readonly rotaryDim: number; readonly layout: RotaryLayout };

export type HeadCount = { readonly numHeads: number; readonly headDim: number };

const trial = { pastLen: 4, queryLen: 3 };

/**
 * The rotation that makes `name`, as config.json states it.
 *
 * @throws RangeError when it is another one, or not understood
 */
export const readRotated = (
  view: GraphView,
  node: NodeProto,
  name: string,
  { numHeads, headDim }: HeadCount,
  facts: ModelFacts,
): Rotated => {
  const sources = rotatedFrom(view, name);
  if (sources?.length !== 1)
    return refuse(
      `${nameOf(node)} must take queries and keys that are rotated, got "${name}" of ${makerOf(view, name)}`,
    );
  const source = sources[0]!;
  const { rotaryDim, theta, scaling } = facts.rope(headDim);
  const { pastLen, queryLen } = trial;
  const dims = [1, numHeads, queryLen, headDim] as const;
  const x = noise(numHeads * queryLen * headDim, 1);
  const rotated = (): ArrayLike<number> => {
    try {
      return evaluateValue(view, name, trialInputs(view, trial).set(source, ndArray("float32", dims, x))).data;
    } catch (cause) {
      return refuse(
        `${nameOf(node)}: the rotation that makes "${name}" is not understood (${(cause as Error).message})`,
      );
    }
  };
  const got = rotated();
  const table = rotationTable(
    ropeFrequencies({ rotaryDim, theta, scaling }),
    Array.from({ length: queryLen }, (_, c) => pastLen + c),
  );
  const layout = (["halves", "interleaved"] as const).find((candidate) => {
    const { data } = rotate({ layout: candidate, rotaryDim }, { dims, data: x }, table);
    return data.length === got.length && data.every((value, i) => Math.abs(value - got[i]!) < 1e-3);
  });
  if (layout === undefined)
    return refuse(
      `${nameOf(node)} must rotate as config.json says (${rotaryDim} of ${headDim} dimensions, theta ${theta}, ${scaling.kind}), got ` +
        `another rotation at "${name}"`,
    );
  return { tensor: { name: source, layout: "heads" }, rotaryDim, layout };
};

const makerOf = (view: GraphView, name: string): string => {
  const maker = view.maker(name);
  return maker ? nameOf(maker) : "no node";
};
