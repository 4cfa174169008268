// A model with another graph. It keeps its versions, and imports the domains that the new graph's operators are of.

import { create } from "@bufbuild/protobuf";
import { checkGraph } from "../model/check-graph.ts";
import { domainOf } from "../operators/table.ts";
import type { GraphProto, ModelProto } from "../proto/onnx_pb.ts";
import { ModelProtoSchema } from "../proto/onnx_pb.ts";
import { nodesIn } from "./map.ts";

/** The model with this graph. Domains that it did not import yet are imported at version 1. */
export const withGraph = (graph: GraphProto, model: ModelProto): ModelProto => {
  checkGraph("withGraph", graph);
  const stated = new Set(model.opsetImport.map(({ domain = "" }) => domainOf(domain)));
  const missing = new Set(nodesIn(graph).map(({ domain }) => domainOf(domain)));
  const added = [...missing].filter((domain) => !stated.has(domain)).map((domain) => ({ domain, version: 1n }));
  const { opsetImport } = create(ModelProtoSchema, { opsetImport: added });
  return { ...model, opsetImport: [...model.opsetImport, ...opsetImport], graph };
};
