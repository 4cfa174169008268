/** A form of attention: the operator it is found by, and how its numbers are read. */
import type { DecoderRope } from "@ropewalk/context-extension";
import type { NodeProto } from "@ropewalk/graph";
import type { ExportView } from "../../graph/export-view.ts";
import type { TableRows } from "../rotation/table-rows.ts";
import type { AttentionMatch } from "../attention-match.ts";

/** What a graph does not say by itself, from config.json. The functions throw RangeError when the config does not say. */
export type LayerFacts = {
  /** Which layer they are for, from 0. */
  readonly layer: number;
  readonly numHeads: () => number;
  readonly numKvHeads: () => number;
  readonly headDim: () => number;
  /**
   * The layer's rotation; undefined: it has none. `share`: of a head's dimensions, those that rotate where the config does not
   * say. Absent: all.
   */
  readonly rope: (headDim: number, share?: number) => DecoderRope | undefined;
  /** In tokens; undefined where the config does not say. */
  readonly trainedContext: number | undefined;
  /** The widest window that layers may slide in; one that no sequence is longer than is none. */
  readonly slidingWindow: () => number | undefined;
  /** Rows of rotary tables that lie in files, as far as they were read. */
  readonly tables: readonly TableRows[];
};

export type Form = {
  /** The operator that every site of this form has once, with its domain where it is not ONNX's own. */
  readonly operator: string;
  /**
   * The site; undefined when the node does something else.
   *
   * @throws RangeError that names the node and what was not understood
   */
  readonly read: (view: ExportView, node: NodeProto, facts: LayerFacts) => AttentionMatch | undefined;
};
