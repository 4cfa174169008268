/**
 * Compares the tables of cosines and sines that a node looks up with the rotation that config.json states:
 *
 *     cos[p, j] = s cos(p f(j)),   sin[p, j] = s sin(p f(j))        f, s: frequencies and attention scale
 *
 * A table is a constant, or an If chooses between two by the length. Then lengths within the original context and beyond are tried.
 */
import type { DecoderRope } from "@ropewalk/context-extension";
import type { GraphProto, NodeProto, TensorProto } from "@ropewalk/graph";
import { dependsOnLength, rotationTable, ropeFrequencies } from "@ropewalk/rope";
import { refuse } from "../../errors.ts";
import { evaluateFor, trialInputs } from "../trial/evaluate-value.ts";
import { shortNumber } from "./short-number.ts";
import { describeNode } from "../../graph/describe-node.ts";
import type { ExportView } from "../../graph/export-view.ts";
import { blocksOf, type Block } from "./table-rows.ts";
import type { LayerFacts } from "../layer-facts.ts";

/** A constant of a graph: an initializer, or the value of a Constant node. */
const constantIn = (graph: GraphProto, name: string): TensorProto | undefined =>
  graph.initializer.find((tensor) => tensor.name === name) ??
  graph.node
    .find(({ opType, output }) => opType === "Constant" && output.includes(name))
    ?.attribute.find((attribute) => attribute.name === "value")?.t;

/** The constant that a value equals in sequences of `totalLen` tokens. */
const tensorFor = (view: ExportView, node: NodeProto, name: string, totalLen: number): TensorProto => {
  const tensor = view.tensor(name);
  if (tensor) return tensor;
  const made = view.maker(name);
  const arms = ["then_branch", "else_branch"].map((arm) => made?.attribute.find((one) => one.name === arm)?.g);
  if (made?.opType !== "If" || arms.includes(undefined))
    return refuse(
      `${describeNode(node)} must take tables of cosines and sines that are constants, or chosen by If, got "${name}" of ${made ? describeNode(made) : "no node"}`,
    );
  const choice = { node: made, name: made.input[0] ?? "", what: "the condition" };
  const chosen = view.once(`choice ${choice.name} ${totalLen}`, () =>
    evaluateFor(view, choice, trialInputs(view, { pastLen: totalLen - 1, queryLen: 1 })),
  );
  if (chosen.data.length !== 1)
    return refuse(`${describeNode(made)} must have a condition of one element, got ${chosen.data.length}`);
  const arm = arms[chosen.data[0] === 0 ? 1 : 0]!;
  const given = arm.output[made.output.indexOf(name)]?.name ?? "";
  return (
    constantIn(arm, given) ??
    view.tensor(given) ??
    refuse(`${describeNode(made)} must choose between constants, got "${given}" in ${arm.name || "an arm"}`)
  );
};

/** The lengths to try: they show which table is taken for which lengths. */
const lengthsOf = ({ scaling }: DecoderRope): readonly number[] => {
  if (!dependsOnLength(scaling) || !("originalContext" in scaling)) return [8];
  const { originalContext } = scaling;
  return [2, originalContext, originalContext + 1, 2 * originalContext];
};

/** The largest difference of an element. Exporters compute tables, and often their angles, in float32, and round them to the table's type. */
const toleranceOf = ({ dataType }: TensorProto, scale: number, angle: number): number =>
  scale * ((dataType === 10 || dataType === 16 ? 5e-3 : 1e-4) + 2e-6 * angle);

type Pair = { readonly cos: TensorProto; readonly sin: TensorProto };

type Wanted = { readonly inverseFrequencies: Float64Array; readonly attentionScale: number };

/** An element of a table that differs from the wanted one. */
type Wrong = { readonly row: number; readonly pair: number; readonly got: number; readonly wanted: number };

/** The first wrong element in a block of rows; undefined if there is none. */
const wrongRow = (
  tensor: TensorProto,
  { row, rows }: Block,
  wanted: Wanted,
  part: "cos" | "sin",
): Wrong | undefined => {
  const { inverseFrequencies: f, attentionScale } = wanted;
  const table = rotationTable(
    wanted,
    Array.from({ length: rows.length }, (_, r) => row + r),
  );
  for (const [r, elements] of rows.entries()) {
    const pair = elements.findIndex((element, j) => {
      const off = Math.abs(element - table[part][r * f.length + j]!);
      return !(off <= toleranceOf(tensor, attentionScale, (row + r) * f[j]!));
    });
    if (pair >= 0) return { row: row + r, pair, got: elements[pair]!, wanted: table[part][r * f.length + pair]! };
  }
  return undefined;
};

/** The first wrong element in two tables; undefined if there is none, or if the tables lie in a file that was not read. */
const wrongTable = (
  facts: LayerFacts,
  { cos, sin }: Pair,
  wanted: Wanted,
): (Wrong & { readonly tensor: string }) | undefined => {
  for (const [part, tensor] of [
    ["cos", cos],
    ["sin", sin],
  ] as const) {
    for (const block of blocksOf(tensor, facts.tables) ?? []) {
      const wrong = wrongRow(tensor, block, wanted, part);
      if (wrong !== undefined) return { ...wrong, tensor: tensor.name };
    }
  }
  return undefined;
};

const widthOf = (node: NodeProto, { name, dims }: TensorProto): number =>
  dims.length === 2 && dims[0]! > 0n && dims[1]! > 0n
    ? Number(dims[1])
    : refuse(
        `${describeNode(node)} must take tables [positions, pairs], got [${dims.slice(0, 8).join()}] in "${name}"`,
      );

/** The names of the tables that a node takes. */
export type Tables = { readonly cos: string; readonly sin: string; readonly headDim: number };

/**
 * How many dimensions the tables of a node rotate. The tables are compared with config.json, as far as their rows were read.
 *
 * @throws RangeError that names the node, when a table is no constant, or another one than config.json states
 */
export const readTables = (
  view: ExportView,
  node: NodeProto,
  { cos, sin, headDim }: Tables,
  facts: LayerFacts,
): number => {
  const pairFor = (totalLen: number): Pair => ({
    cos: tensorFor(view, node, cos, totalLen),
    sin: tensorFor(view, node, sin, totalLen),
  });
  const rotaryDim = 2 * widthOf(node, pairFor(8).cos);
  const rope = facts.rope(headDim, rotaryDim / headDim);
  if (rope === undefined)
    return refuse(
      `${describeNode(node)} must not rotate queries and keys, as config.json says of layer ${facts.layer}, got the tables "${cos}" and "${sin}"`,
    );
  const { theta, scaling, rotaryDim: stated } = rope;
  // Layers that should rotate differently may take the same tables by mistake, so the rotation is part of the key.
  const wrong = view.once(`tables ${cos} ${sin} ${headDim} ${JSON.stringify(rope)}`, () => {
    for (const totalLen of lengthsOf(rope)) {
      const pair = pairFor(totalLen);
      // A width other than the stated one is refused later, where all layers are known.
      if (stated !== rotaryDim) continue;
      const widths = [widthOf(node, pair.cos), widthOf(node, pair.sin)];
      if (widths.some((width) => 2 * width !== rotaryDim)) return `tables ${widths.join(" and ")} wide`;
      const wanted = ropeFrequencies({ rotaryDim, theta, scaling, seqLen: totalLen });
      const found = wrongTable(facts, pair, wanted);
      if (found === undefined) continue;
      const { row, tensor, pair: at, got } = found;
      const when = dependsOnLength(scaling) ? `, which ${totalLen} tokens take` : "";
      return `another row ${row} in "${tensor}"${when} (pair ${at}: ${shortNumber(got)} in place of ${shortNumber(found.wanted)})`;
    }
    return undefined;
  });
  if (wrong !== undefined)
    return refuse(
      `${describeNode(node)} must rotate as config.json says (${rotaryDim} of ${headDim} dimensions, theta ${theta}, ${scaling.kind}), got ${wrong}`,
    );
  return rotaryDim;
};
