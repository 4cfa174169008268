/** A form of attention: the operator it is found by, and how its numbers are read. */
import type { NodeProto } from "@ropewalk/graph";
import type { GraphView } from "../graph-view.ts";
import type { AttentionSite } from "../site.ts";

/** What a graph does not say by itself, from config.json. */
export type ModelFacts = {
  /** @throws RangeError when the config does not say */
  readonly numHeads: () => number;
  readonly headDim: () => number;
  readonly slidingWindow: number | undefined;
};

export type Form = {
  /** The operator that every site of this form has once, with its domain where it is not ONNX's own. */
  readonly operator: string;
  /**
   * @throws RangeError that names the node and what was not understood
   */
  readonly read: (view: GraphView, node: NodeProto, facts: ModelFacts) => AttentionSite;
};
