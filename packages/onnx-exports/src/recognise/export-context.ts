/** The context that an export was trained on, from its config.json and what was recognised of its layers. */
import { extendedKind, type AttentionKind } from "@ropewalk/context-extension";
import type { Context } from "@ropewalk/models";
import type { Json } from "../config/config-files.ts";
import { checkNumLayers, layersIn, ropeOfLayer } from "../config/config-layers.ts";
import { refuse } from "../errors.ts";
import type { RopewalkMetadata } from "../metadata/metadata.ts";
import type { AttentionMatch } from "./attention-match.ts";

/** The context that a model was trained on, and how each of its layers attends. */
export type ExportContext = Omit<Context, "attention"> & { readonly attention: readonly AttentionKind[] };

/** The widest window, if every layer slides; undefined if a layer attends to everything. */
const commonWindow = (attentionMatches: readonly AttentionMatch[]): number | undefined =>
  attentionMatches.every(({ window }) => window !== undefined)
    ? Math.max(...attentionMatches.map(({ window }) => window!))
    : undefined;

/** Whether some layers slide and others do not. The others met all distances of the whole context in training. */
export const slideInPart = (attentionMatches: readonly AttentionMatch[]): boolean =>
  commonWindow(attentionMatches) === undefined && attentionMatches.some(({ window }) => window !== undefined);

/**
 * The trained context. A config that does not state each layer may have it limited by a window, which counts only if all layers
 * slide.
 */
const trainedContextOf = (
  { trainedContext, contextLimit: limit }: Context,
  attentionMatches: readonly AttentionMatch[],
): Pick<Context, "trainedContext" | "contextLimit"> =>
  limit?.by === "sliding_window" && slideInPart(attentionMatches)
    ? { trainedContext: limit.stated }
    : { trainedContext, ...(limit && { contextLimit: limit }) };

/** The window of a layer. If other layers attend to everything, a window longer than the trained context counts as none. */
const windowOf = ({ window }: AttentionMatch, trainedContext: number, inPart: boolean): number | undefined =>
  window !== undefined && inPart && window > trainedContext ? undefined : window;

/** How a layer attends. */
const kindOf = (
  { scale, softcap, headDim, layout }: AttentionMatch,
  rope: AttentionKind["rope"],
  slidingWindow: number | undefined,
): AttentionKind => ({
  rope: rope && { ...rope, layout },
  slidingWindow,
  // An export states its scale in float32.
  ...(Math.abs(scale * Math.sqrt(headDim) - 1) < 1e-6 ? {} : { scoreScale: scale }),
  ...(softcap === 0 ? {} : { softcap }),
});

/**
 * The trained context of an export.
 *
 * @param metadata - that of a model that was extended before, which knows the trained context that config.json had
 * @throws RangeError when the graph has other layers or other rotated dimensions than config.json states
 */
export const contextOf = (
  config: Json,
  metadata: RopewalkMetadata | undefined,
  attentionMatches: readonly AttentionMatch[],
): { readonly context: ExportContext; readonly configContext: Context } => {
  const { headDim } = attentionMatches[0]!;
  const rotaryDim = attentionMatches.find((each) => each.rotaryDim > 0)?.rotaryDim ?? headDim;
  const read = layersIn(metadata ? { ...config, max_position_embeddings: metadata.trainedContext } : config);
  const configContext = read(headDim, rotaryDim / headDim);
  checkNumLayers(configContext, attentionMatches.length);
  const trained = trainedContextOf(configContext, attentionMatches);
  const inPart = slideInPart(attentionMatches);
  const attention = attentionMatches.map((attentionMatch, layer) => {
    const rope = ropeOfLayer(configContext, layer);
    if (attentionMatch.headDim !== headDim || attentionMatch.rotaryDim !== (rope?.rotaryDim ?? 0))
      refuse(
        `node "${attentionMatch.node}" must rotate ${rope?.rotaryDim ?? 0} of ${headDim} dimensions, as config.json says, got ` +
          `${attentionMatch.rotaryDim} of ${attentionMatch.headDim}`,
      );
    return kindOf(attentionMatch, rope, windowOf(attentionMatch, trained.trainedContext, inPart));
  });
  const rope = extendedKind(attention)?.rope ?? attention.find((kind) => kind.rope)?.rope ?? configContext.rope;
  return { configContext, context: { ...trained, rope, slidingWindow: commonWindow(attentionMatches), attention } };
};
