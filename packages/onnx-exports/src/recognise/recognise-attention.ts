/** Finds the attention of every layer of a graph, in one of the known forms. */
import { innerGraphs, type NodeProto } from "@ropewalk/graph";
import { check, refuse } from "../errors.ts";
import { describeNode } from "../graph/describe-node.ts";
import type { ExportView } from "../graph/export-view.ts";
import type { AttentionMatch } from "./attention-match.ts";
import type { LayerFacts } from "./layer-facts.ts";
import { forms } from "./forms/index.ts";

const operatorOf = ({ domain, opType }: NodeProto): string =>
  domain === "" || domain === "ai.onnx" ? opType : `${domain}:${opType}`;

const readNode = (view: ExportView, node: NodeProto, facts: LayerFacts): AttentionMatch | undefined => {
  const form = forms.find(({ operator }) => operator === operatorOf(node));
  if (form) return form.read(view, node, facts);
  // A node that attends by its name, in a form that is not known.
  if (/attention/i.test(node.opType))
    refuse(
      `${describeNode(node)} must be of a known form (${forms.map(({ operator }) => operator).join(", ")}), got ${operatorOf(node)}`,
    );
  return undefined;
};

/** Refuses attention inside of branches and loops, which is not looked for there. */
const refuseInside = (node: NodeProto): void => {
  const inner = innerGraphs(node).flatMap((graph) => graph.node);
  const attends = inner.find(({ opType }) => opType === "Softmax" || /attention/i.test(opType));
  if (attends)
    refuse(`${describeNode(node)} must have no attention inside of its graphs, got ${describeNode(attends)}`);
};

const checkNumbers = ({ node, numHeads, numKvHeads, headDim, rotaryDim }: AttentionMatch): void => {
  const at = `node "${node}"`;
  for (const [name, value] of Object.entries({ numHeads, numKvHeads, headDim }))
    check(Number.isSafeInteger(value) && value > 0, `${at}: ${name} must be an integer above 0`, value);
  check(numHeads % numKvHeads === 0, `${at}: numHeads must be a multiple of numKvHeads ${numKvHeads}`, numHeads);
  check(
    rotaryDim % 2 === 0 && rotaryDim <= headDim,
    `${at}: rotaryDim must be even and at most headDim ${headDim}`,
    rotaryDim,
  );
};

/**
 * The attention of every layer, in the order of the layers.
 *
 * @throws RangeError when there is none, or one is not understood
 */
export const recogniseAttention = (
  view: ExportView,
  factsOf: (layer: number) => LayerFacts,
): readonly AttentionMatch[] => {
  view.graph.node.forEach(refuseInside);
  const attentionMatches: AttentionMatch[] = [];
  // A layer takes what the layers before it give, so sorted nodes come in the order of layers.
  for (const node of view.sorted(view.graph.node)) {
    const attentionMatch = readNode(view, node, factsOf(attentionMatches.length));
    if (attentionMatch) attentionMatches.push(attentionMatch);
  }
  if (attentionMatches.length === 0)
    refuse(
      `a model must be a decoder with attention over a key-value cache (${forms.map(({ operator }) => operator).join(", ")}), got ` +
        `${view.graph.node.length} nodes without`,
    );
  attentionMatches.forEach(checkNumbers);
  const taken = new Set(attentionMatches.flatMap(({ past }) => [past.key, past.value]));
  if (taken.size !== 2 * attentionMatches.length)
    refuse("every layer must have a past of its own, got one that two layers take");
  const left = [...view.inputs.values()].find(({ name, dims }) => dims?.length === 4 && !taken.has(name));
  if (left) refuse(`every input with 4 axes must be the past of a layer, got "${left.name}"`);
  return attentionMatches;
};
