/** The attention of each layer by config.json, and where the graph differs from it. */
import type { AttentionKind, DecoderRope } from "@ropewalk/context-extension";
import { readRotation, type Context } from "@ropewalk/models";
import { refuse } from "../errors.ts";
import type { Json } from "./config-files.ts";

/**
 * Reads the attention that a config states.
 *
 * @param share - the share of a head's dimensions that rotates if the config does not state one; absent: all
 */
export type ReadLayers = (headDim: number, share?: number) => Context;

/** A reader of one config, which reads it once for each `headDim` and `share`. */
export const layersIn = (config: Json): ReadLayers => {
  const read = new Map<string, Context>();
  return (headDim, share) => {
    const key = `${headDim} ${share}`;
    const stated =
      read.get(key) ?? readRotation(config, { headDim, ...(share === undefined ? {} : { defaultShare: share }) });
    read.set(key, stated);
    return stated;
  };
};

/** Refuses a graph that has another number of layers than config.json states the attention of. */
export const checkNumLayers = ({ attention }: Context, numLayers: number): void => {
  if (attention !== undefined && attention.length !== numLayers)
    refuse(
      `a model must have the ${attention.length} layers that config.json states the attention of, got ${numLayers}`,
    );
};

/** The rotation of a layer; undefined if it has none. */
export const ropeOfLayer = (stated: Context, layer: number): DecoderRope | undefined => {
  const { attention, rope } = stated;
  if (attention === undefined) return rope;
  if (layer >= attention.length) checkNumLayers(stated, layer + 1);
  return attention[layer]!.rope;
};

/** The widest window of any layer. */
export const widestWindow = ({ attention, slidingWindow }: Context): number | undefined => {
  const windows = [slidingWindow, ...(attention ?? []).map((kind) => kind.slidingWindow)];
  const known = windows.filter((window) => window !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
};

type Stated = number | undefined;

/** The numbers that a graph may have of its own, with their names in notices. */
const numbers: readonly (readonly [name: string, of: (kind: AttentionKind, facts: GraphFacts) => Stated])[] = [
  // A window that is not shorter than the trained context has no effect.
  [
    "sliding window",
    ({ slidingWindow: window = Infinity }, { trainedContext }) => (window < trainedContext ? window : undefined),
  ],
  ["score scale", ({ scoreScale }, { headDim }) => scoreScale ?? 1 / Math.sqrt(headDim)],
  ["softcap", ({ softcap }) => softcap],
];

type GraphFacts = { readonly trainedContext: number; readonly headDim: number };

const agree = (a: Stated, b: Stated): boolean =>
  a === b || (a !== undefined && b !== undefined && Math.abs(a - b) <= 1e-6 * Math.abs(b));

/** Sentences about numbers in which config.json and the graph differ. The graph's numbers hold. */
export const layerNotices = (
  { attention: stated }: Context,
  attention: readonly AttentionKind[],
  facts: GraphFacts,
): readonly string[] =>
  numbers.flatMap(([name, of]) => {
    const differing = attention.flatMap((kind, layer) => {
      if (stated === undefined) return [];
      const [own, other] = [of(kind, facts), of(stated[layer]!, facts)];
      return agree(own, other) ? [] : [`${own ?? "none"} in place of ${other ?? "none"} in layer ${layer}`];
    });
    const [first, ...others] = differing;
    if (first === undefined) return [];
    const more = others.length === 0 ? "" : `, and others in ${others.length} more`;
    return [`the graph's ${name} is not what config.json says, and holds: ${first}${more}`];
  });
