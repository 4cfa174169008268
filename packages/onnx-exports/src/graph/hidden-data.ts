/**
 * Data files that are named where this project does not look, but a runtime may: by functions that a model brings along, and by fields of
 * the format that are not read here. Nobody would check that they lie in the model's folder, so they are refused.
 */
import { showName } from "@ropewalk/check";
import { innerGraphs, nodesIn, tensorsIn, type GraphProto, type ModelProto } from "@ropewalk/graph";
import { refuse } from "../errors.ts";
import { isExternal } from "./is-external.ts";

/** Numbers of the fields, in ONNX's format. */
const fieldsOfModel = new Map([[20, "training"]]);
const fieldsOfGraph = new Map([[15, "sparse weights"]]);
const fieldsOfAttribute = new Map([
  [22, "a sparse tensor"],
  [23, "sparse tensors"],
]);

type Message = { readonly $unknown?: readonly { readonly no: number }[] | undefined };

const checkFields = ({ $unknown = [] }: Message, fields: ReadonlyMap<number, string>, at: string): void => {
  for (const { no } of $unknown) {
    const what = fields.get(no);
    if (what !== undefined) refuse(`${at} must have no part whose data files are not checked, got ${what}`);
  }
};

/** A graph and all graphs inside its nodes. */
const graphsIn = (graph: GraphProto): readonly GraphProto[] => [graph, ...nodesIn(graph).flatMap(innerGraphs)];

const checkGraph = (graph: GraphProto): void => {
  for (const each of graphsIn(graph)) checkFields(each, fieldsOfGraph, "a graph");
  for (const { attribute, opType } of nodesIn(graph))
    for (const each of attribute) checkFields(each, fieldsOfAttribute, showName(opType));
};

/** The body of a function as a graph; its attributes' defaults are those of one node more. */
const bodiesOf = ({ graph, functions }: ModelProto): readonly GraphProto[] =>
  functions.map(({ node, attributeProto }) => ({
    ...graph!,
    initializer: [],
    node: [...node, ...node.slice(0, 1).map((first) => ({ ...first, attribute: attributeProto }))],
  }));

/** @throws RangeError with the tensor, or the part, that may name a file */
export const checkNoHiddenData = (model: ModelProto): void => {
  checkFields(model, fieldsOfModel, "a model");
  checkGraph(model.graph!);
  for (const body of bodiesOf(model)) {
    checkGraph(body);
    const found = tensorsIn(body).find(isExternal);
    if (found !== undefined)
      refuse(`a function must have its numbers in itself, got tensor "${showName(found.name)}" in a file`);
  }
};
