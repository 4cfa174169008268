/**
 * Puts recorded attention in place of an export's. Nodes that made the sites' outputs give way, and with them whatever
 * nothing needs any more. Nodes and initializers that stay are the same messages as before. Outputs of the graph stay too,
 * but for those that an earlier rewriting added; those that the recording has come behind them.
 */
import { innerGraphs, type GraphProto, type NodeProto } from "@ropewalk/graph";
import { refuse } from "../errors.ts";
import { nameOf } from "../graph/graph-view.ts";
import { neededNames, sortNodes } from "../graph/topology.ts";

/** What is recorded stands in this scope, so that every name of ours begins alike. */
export const scopeName: string = "ropewalk";
const prefix = `/${scopeName}/`;

/** Whether a node is one that was recorded. */
export const isOurs = ({ name }: NodeProto): boolean => name.startsWith(prefix);

/** Recorded nodes and constants under names of ours, but for values that the export knows. */
const renamed = (recorded: GraphProto, known: ReadonlySet<string>): GraphProto => {
  const rename = (name: string): string =>
    name === "" || known.has(name) || name.startsWith(prefix) ? name : `${prefix}${name.replace(/^\//, "")}`;
  const renameNodes = (nodes: readonly NodeProto[]): void => {
    for (const node of nodes) {
      node.name = rename(node.name);
      node.input = node.input.map(rename);
      node.output = node.output.map(rename);
      for (const inner of innerGraphs(node)) renameInner(inner);
    }
  };
  const renameInner = (inner: GraphProto): void => {
    renameNodes(inner.node);
    for (const value of [...inner.input, ...inner.output, ...inner.initializer]) value.name = rename(value.name);
  };
  renameNodes(recorded.node);
  for (const tensor of recorded.initializer) tensor.name = rename(tensor.name);
  return recorded;
};

/** Whether a node of the export stays: it is not of an earlier rewriting, and makes none of the outputs. */
const stands = (node: NodeProto, outputs: ReadonlySet<string>): boolean =>
  !isOurs(node) && !node.output.some((value) => outputs.has(value));

/** Outputs that are added may not have the name of a value that the export makes. */
const checkAdded = (nodes: readonly NodeProto[], added: GraphProto["output"]): void => {
  for (const { name } of added) {
    const other = nodes.find(({ output }) => output.includes(name));
    if (other) refuse(`a model must have no value "${name}" where the rewriting gives one out, got ${nameOf(other)}`);
  }
};

/**
 * Nodes without those that the rewriting left without use, and whatever takes their results. What had no use before stays as
 * long as it can be made.
 */
const prune = (
  nodes: readonly NodeProto[],
  needed: { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string> },
  goneInputs: readonly string[],
): readonly NodeProto[] => {
  const gone = new Set(goneInputs);
  return sortNodes(nodes).filter(({ input, output }) => {
    const some = (names: ReadonlySet<string>): boolean => output.some((name) => name !== "" && names.has(name));
    const stays = some(needed.after) || (!some(needed.before) && !input.some((name) => gone.has(name)));
    if (!stays) for (const name of output) gone.add(name);
    return stays;
  });
};

export type Splicing = {
  /** What `recorded` makes in place of the graph. */
  readonly replaced: readonly string[];
  /** The graph's inputs and outputs from now on; absent: as they were, and recorded outputs behind them. */
  readonly signature?: Pick<GraphProto, "input" | "output">;
};

const namesOf = (values: readonly { readonly name: string }[]): readonly string[] => values.map(({ name }) => name);

/** Replaces what makes some values of `graph` by what `recorded` has; changes `graph`. */
export const splice = (graph: GraphProto, recorded: GraphProto, { replaced: names, signature }: Splicing): void => {
  const known = new Set([...namesOf(recorded.input), ...namesOf(recorded.output), ...names]);
  const ours = renamed(recorded, known);
  const before = neededNames(graph.node, namesOf(graph.output));
  const replaced = new Set(names);
  const earlier = new Set(graph.node.filter(isOurs).flatMap(({ output }) => output));
  const standing = graph.node.filter((node) => stands(node, replaced));
  checkAdded(standing, recorded.output);
  const stay = graph.output.filter(({ name }) => replaced.has(name) || !earlier.has(name));
  const next = signature ?? { input: graph.input, output: [...stay, ...recorded.output] };
  const left = new Set(namesOf(next.input));
  const gone = namesOf(graph.input).filter((name) => !left.has(name));
  Object.assign(graph, next);
  // The export's own nodes first: sorting keeps their order, and puts ours where they are needed.
  const nodes = [...standing, ...ours.node];
  const after = neededNames(nodes, namesOf(graph.output));
  graph.node = [...prune(nodes, { before, after }, gone)];
  const taken = new Set(graph.node.flatMap(({ input }) => input));
  const initializers = graph.initializer.filter(
    ({ name }) => !name.startsWith(prefix) && (after.has(name) || taken.has(name) || !before.has(name)),
  );
  graph.initializer = [...initializers, ...ours.initializer];
  const values = new Set([...graph.node.flatMap(({ output }) => output), ...graph.initializer.map(({ name }) => name)]);
  graph.valueInfo = graph.valueInfo.filter(({ name }) => values.has(name));
};
