// Rules that a runtime relies on: a value has one name and is made before it is used, and every domain is declared.

import { fail as failWith } from "../fail.ts";
import { checkIsModel } from "./check-graph.ts";
import { innerGraphs, nodeInWords } from "./node.ts";
import { domainOf } from "../operators/table.ts";
import type { GraphProto, ModelProto, NodeProto } from "../proto/onnx_pb.ts";

const fail = (problem: string): never => failWith(`checkModel: ${problem}`);

type Scope = {
  readonly domains: ReadonlySet<string>;
  readonly nodeNames: Set<string>;
  /** Names that the graphs around this one have made so far, the nearest first. */
  readonly outer: readonly ReadonlySet<string>[];
};

const isMadeAround = ({ outer }: Scope, name: string): boolean => outer.some((made) => made.has(name));

const checkNode = (node: NodeProto, made: Set<string>, later: ReadonlySet<string>, scope: Scope): void => {
  if (node.opType === "") fail(`${nodeInWords(node)} must have an operator`);
  if (!scope.domains.has(domainOf(node.domain)))
    fail(
      `${nodeInWords(node)} must be of a declared domain, got "${node.domain}" and opset_import ${[...scope.domains].map((domain) => `"${domain}"`).join(", ")}`,
    );
  if (node.name !== "" && scope.nodeNames.has(node.name)) fail(`${nodeInWords(node)} must have a name of its own`);
  scope.nodeNames.add(node.name);
  for (const [index, input] of node.input.entries()) {
    if (input === "" || made.has(input) || isMadeAround(scope, input)) continue;
    fail(
      `${nodeInWords(node)} input ${index} must be made before it, got "${input}", which ${later.has(input) ? "a later node makes" : "nothing makes"}`,
    );
  }
  for (const graph of innerGraphs(node)) checkGraph(graph, { ...scope, outer: [made, ...scope.outer] });
  for (const output of node.output) {
    if (made.has(output)) fail(`${nodeInWords(node)} output must have a new name, got "${output}" again`);
    if (output !== "") made.add(output);
  }
};

const checkGraph = ({ name, node, input, output, initializer }: GraphProto, scope: Scope): void => {
  const made = new Set<string>();
  for (const { name: value } of input) {
    if (value === "" || made.has(value)) fail(`graph "${name}" inputs must have names of their own, got "${value}"`);
    made.add(value);
  }
  const constants = new Set<string>();
  for (const { name: constant } of initializer) {
    if (constant === "" || constants.has(constant))
      fail(`graph "${name}" initializers must have names of their own, got "${constant}"`);
    constants.add(constant);
    // An initializer with the name of an input is the default of that input.
    made.add(constant);
  }
  const later = new Set(node.flatMap((one) => one.output));
  for (const one of node) checkNode(one, made, later, scope);
  for (const { name: value } of output) {
    if (!made.has(value) && !isMadeAround(scope, value))
      fail(`graph "${name}" outputs must be made in it, got "${value}"`);
  }
};

/**
 * Checks that the nodes of a model are in topological order, every value exists and has one name, node names differ,
 * and the domain of every node is in `opset_import`. Graphs inside nodes are checked too.
 *
 * @throws RangeError that names the node and what is wrong with it.
 */
export const checkModel = (model: ModelProto): void => {
  checkIsModel("checkModel", model);
  if (model.graph === undefined) fail("a model must have a graph");
  const domains = new Set(model.opsetImport.map(({ domain }) => domainOf(domain ?? "")));
  checkGraph(model.graph!, { domains, nodeNames: new Set(), outer: [] });
};
