/** The attention of every site recorded anew and put into the model. */
import { placeOfLayer, type ExtendedGroup } from "@ropewalk/context-extension";
import { tape, type ModelProto } from "@ropewalk/graph";
import { check } from "../../errors.ts";
import { emitAttention } from "./attention.ts";
import { emitContext } from "./emit-context.ts";
import type { Attentions } from "@ropewalk/decoder";
import type { AttentionMatch } from "../../recognise/attention-match.ts";
import { scopeName, splice } from "../splice.ts";
import { viewGraph } from "../../graph/graph-view.ts";

export type RewriteRequest = {
  readonly attentionMatches: readonly AttentionMatch[];
  /** Of all sites. */
  readonly groups: readonly ExtendedGroup[];
  /** What of its attention the model gives out. */
  readonly attentions: Attentions | undefined;
};

const maskName = "attention_mask";

/** Rewrites every site of a model; changes it. */
export const rewrite = (request: RewriteRequest, model: ModelProto): void => {
  const graph = model.graph!;
  const { attentionMatches, attentions } = request;
  const mask = viewGraph(model).inputs.get(maskName);
  check(mask !== undefined, `a model must have the input "${maskName}"`, [...graph.input.map(({ name }) => name)]);
  check(mask.dims?.length === 2, `input "${maskName}" must have 2 axes`, mask.dims?.length);

  const recording = tape();
  // Names of ours from the start: an export may have the very names that a tape would give.
  const context = emitContext(recording.scope(scopeName));
  const groups = request.groups.map((group, place) => ({ ...group, place }));
  for (const [index, attentionMatch] of attentionMatches.entries()) {
    const group = groups[placeOfLayer(groups, index)]!;
    emitAttention(context, { attentionMatch, index, group, mask: context.value(maskName, mask.type, 2), attentions });
  }
  const replaced = attentionMatches.flatMap(({ present, output }) => [present.key, present.value, output.name]);
  splice(graph, recording.model().graph!, { replaced });
};
