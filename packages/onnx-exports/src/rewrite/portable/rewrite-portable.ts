/** Rewrites an export for any runtime: the attention of every layer is recorded anew, and inputs and outputs keep their names and shapes. */
import { placeOfLayer, type ExtendedGroup } from "@ropewalk/context-extension";
import type { Attentions } from "@ropewalk/decoder";
import { tape, type ModelProto } from "@ropewalk/graph";
import { check } from "../../errors.ts";
import { checkMade } from "../../graph/check-graph.ts";
import type { ExportView } from "../../graph/export-view.ts";
import type { AttentionMatch } from "../../recognise/attention-match.ts";
import { scopeName, splice } from "../splice.ts";
import { emitAttention } from "./attention.ts";
import { emitContext } from "./emit-context.ts";

export type PortableRequest = {
  readonly attentionMatches: readonly AttentionMatch[];
  /** The groups of all layers. */
  readonly groups: readonly ExtendedGroup[];
  /** The outputs of attention on request; undefined: none. */
  readonly attentions: Attentions | undefined;
};

const maskName = "attention_mask";

/**
 * The model with new attention.
 *
 * @throws RangeError when it has no attention mask of a known form, or positions cannot be split into pages
 */
export const rewritePortable = (request: PortableRequest, view: ExportView): ModelProto => {
  const { graph, model, inputs } = view;
  const { attentionMatches, attentions } = request;
  const mask = inputs.get(maskName);
  check(mask !== undefined, `a model must have the input "${maskName}"`, [...graph.input.map(({ name }) => name)]);
  check(mask.dims?.length === 2, `input "${maskName}" must have 2 axes`, mask.dims?.length);

  const recording = tape();
  // The scope keeps recorded names apart from those of the export.
  const context = emitContext(recording.scope(scopeName));
  const groups = request.groups.map((group, place) => ({ ...group, place }));
  for (const [index, attentionMatch] of attentionMatches.entries()) {
    const group = groups[placeOfLayer(groups, index)]!;
    emitAttention(context, { attentionMatch, index, group, mask: context.value(maskName, mask.type, 2), attentions });
  }
  const replaced = attentionMatches.flatMap(({ present, output }) => [present.key, present.value, output.name]);
  const rewritten = splice(graph, recording.model().graph!, { replaced });
  checkMade(rewritten);
  return { ...model, graph: rewritten };
};
