/** A form of attention: the operator it is found by, and how its numbers are read. */
import type { DecoderRope } from "@ropewalk/decoder";
import type { NodeProto } from "@ropewalk/graph";
import type { GraphView } from "../graph-view.ts";
import type { AttentionSite } from "../site.ts";

/** What a graph does not say by itself, from config.json. The functions throw RangeError when the config does not say. */
export type ModelFacts = {
  readonly numHeads: () => number;
  readonly numKvHeads: () => number;
  readonly headDim: () => number;
  readonly rope: (headDim: number) => DecoderRope;
  readonly slidingWindow: number | undefined;
};

export type Form = {
  /** The operator that every site of this form has once, with its domain where it is not ONNX's own. */
  readonly operator: string;
  /**
   * The site; undefined when the node does something else.
   *
   * @throws RangeError that names the node and what was not understood
   */
  readonly read: (view: GraphView, node: NodeProto, facts: ModelFacts) => AttentionSite | undefined;
};
