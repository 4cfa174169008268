/** A form of attention: the operator that it is found by, and the function that reads its sizes and numbers. */
import type { NodeProto } from "@ropewalk/graph";
import type { ExportView } from "../../graph/export-view.ts";
import type { LayerFacts } from "../layer-facts.ts";
import type { AttentionMatch } from "../attention-match.ts";

export type Form = {
  /** The operator that each attention of this form has once. A domain other than ONNX's own stands in front. */
  readonly operator: string;
  /**
   * The attention that a node belongs to; undefined when the node does something else.
   *
   * @throws RangeError that names the node and what was not understood
   */
  readonly read: (view: ExportView, node: NodeProto, facts: LayerFacts) => AttentionMatch | undefined;
};
