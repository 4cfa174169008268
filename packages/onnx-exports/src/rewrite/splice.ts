/**
 * An export's graph with recorded attention in place of its own. The nodes that made the replaced values go, and so does all that
 * nothing needs any more. Nodes and initializers that stay are not changed. The graph's outputs stay, except those that an
 * earlier rewriting added; the recording's outputs come behind them.
 */
import { neededNames, renameGraph, sortNodes, type GraphProto, type NodeProto } from "@ropewalk/graph";
import { refuse } from "../errors.ts";
import { describeNode } from "../graph/describe-node.ts";

/** The scope of all that is recorded, so that its names begin alike. */
export const scopeName: string = "ropewalk";
const prefix = `/${scopeName}/`;

/** Whether a node was recorded by a rewriting, this one or an earlier one. */
export const isRecorded = ({ name }: NodeProto): boolean => name.startsWith(prefix);

/** The recording under names in our scope, except for values of the export. */
const inScope = (recorded: GraphProto, exported: ReadonlySet<string>): GraphProto => {
  const rename = (name: string): string =>
    exported.has(name) || name.startsWith(prefix) ? name : `${prefix}${name.replace(/^\//, "")}`;
  return renameGraph({ values: rename, nodes: rename }, recorded);
};

/** An output that is added must not have the name of a value that the export makes. */
const checkAddedOutputs = (nodes: readonly NodeProto[], added: GraphProto["output"]): void => {
  for (const { name } of added) {
    const other = nodes.find(({ output }) => output.includes(name));
    if (other)
      refuse(`a model must have no value "${name}" where the rewriting gives one out, got ${describeNode(other)}`);
  }
};

type Needed = {
  /** Values that the export's outputs needed. */
  readonly before: ReadonlySet<string>;
  /** Values that the outputs need now. */
  readonly after: ReadonlySet<string>;
};

/**
 * The nodes that still have a use, sorted. A node that had no use before stays too, unless it reads an input or a result that is gone.
 */
const usedNodes = (nodes: readonly NodeProto[], { before, after }: Needed, goneInputs: readonly string[]) => {
  const gone = new Set(goneInputs);
  const used: NodeProto[] = [];
  for (const node of sortNodes(nodes)) {
    const isIn = (names: ReadonlySet<string>): boolean => node.output.some((name) => name !== "" && names.has(name));
    if (isIn(after) || (!isIn(before) && !node.input.some((name) => gone.has(name)))) used.push(node);
    else for (const name of node.output) gone.add(name);
  }
  return used;
};

export type Splicing = {
  /** Values of the graph that the recording makes instead. */
  readonly replaced: readonly string[];
  /** The new inputs and outputs of the graph. Absent: its own, with the recording's outputs behind them. */
  readonly signature?: Pick<GraphProto, "input" | "output">;
};

const namesOf = (values: readonly { readonly name: string }[]): readonly string[] => values.map(({ name }) => name);

/** The graph with some of its values made by `recorded`. */
export const splice = (graph: GraphProto, recorded: GraphProto, splicing: Splicing): GraphProto => {
  const replaced = new Set(splicing.replaced);
  const ours = inScope(recorded, new Set([...namesOf(recorded.input), ...namesOf(recorded.output), ...replaced]));
  const kept = graph.node.filter((node) => !isRecorded(node) && !node.output.some((name) => replaced.has(name)));
  checkAddedOutputs(kept, recorded.output);

  const recordedEarlier = new Set(graph.node.filter(isRecorded).flatMap(({ output }) => output));
  const ownOutputs = graph.output.filter(({ name }) => replaced.has(name) || !recordedEarlier.has(name));
  const { input, output } = splicing.signature ?? { input: graph.input, output: [...ownOutputs, ...recorded.output] };
  const inputNames = new Set(namesOf(input));
  const goneInputs = namesOf(graph.input).filter((name) => !inputNames.has(name));

  // The export's own nodes first: sorting keeps their order, and puts recorded ones where they are needed.
  const nodes = [...kept, ...ours.node];
  const before = neededNames(graph.node, namesOf(graph.output));
  const after = neededNames(nodes, namesOf(output));
  const node = usedNodes(nodes, { before, after }, goneInputs);
  const taken = new Set(node.flatMap((each) => each.input));
  const ownInitializers = graph.initializer.filter(
    ({ name }) => !name.startsWith(prefix) && (after.has(name) || taken.has(name) || !before.has(name)),
  );
  const initializer = [...ownInitializers, ...ours.initializer];
  const made = new Set([...node.flatMap((each) => each.output), ...namesOf(initializer)]);
  const valueInfo = graph.valueInfo.filter(({ name }) => made.has(name));
  return { ...graph, input: [...input], output: [...output], node, initializer, valueInfo };
};
