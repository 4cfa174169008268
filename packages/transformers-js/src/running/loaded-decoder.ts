/** Finds the decoder of a loaded model, from its session and its config: its sizes, its extension and its cache. */
import type { Memory } from "@ropewalk/backend";
import { hostBuffer } from "@ropewalk/backend/host";
import type { AttentionPath } from "@ropewalk/context-extension";
import {
  cacheFormats,
  cachePrecisions,
  extendDecoder,
  decoderInputs,
  decoderOutputs,
  type CacheArray,
  type CachePrecision,
  type ExtendedDecoder,
} from "@ropewalk/decoder";
import { extensionKey, readExtensionEntry, readRotation } from "@ropewalk/models";

type Config = Readonly<Record<string, unknown>>;

/** Types and shapes of a session's inputs and outputs, by name. A size that varies is a symbol. */
export type Shapes = ReadonlyMap<string, { readonly type: string; readonly shape: readonly (number | string)[] }>;

/** The memory of the cache: JavaScript's own, whatever device the session computes on. */
export const memory: Memory = { name: "transformers.js", allocate: hostBuffer };

const notExtended = (): never => {
  throw new RangeError(
    'withRopewalk: model must be loaded under extendModels(env, { runtime: "ropewalk" }), or from a folder that was written so, got another',
  );
};

/** How a layer attends. The graph's inputs show which stretches of the layer's cache it reads. */
const layoutOf = (shapes: Shapes, layer: number): AttentionPath["kind"] => {
  const has = (stretch: string, label?: string): boolean =>
    shapes.has(decoderInputs.cached(layer, stretch, label, label === undefined ? "values" : "keys"));
  if (has("tail")) {
    if (has("ring")) return "near-far";
    return has("ring_chunk_0") ? "chunked" : "everything";
  }
  if (!has("ring")) return notExtended();
  return has("ring", "near") ? "window" : "masked";
};

const sizeIn = (shapes: Shapes, name: string, axis: number): number => {
  const size = shapes.get(name)?.shape[axis];
  return typeof size === "number" ? size : notExtended();
};

/** The first cache format whose arrays the graph has. If no token settles in any layer, the new keys show the format. */
const cacheOf = (shapes: Shapes, layers: readonly number[]): CachePrecision => {
  const has = ({ suffix, type }: CacheArray): boolean => {
    const settled = layers.flatMap(
      (layer) => shapes.get(decoderInputs.cached(layer, "settled", undefined, suffix)) ?? [],
    );
    return (settled[0] ?? shapes.get(decoderOutputs.newKeys(0, 0)))?.type === type;
  };
  return cachePrecisions.find((cache) => cacheFormats[cache].keys.every(has)) ?? notExtended();
};

/** How many dimensions rotate in the group at a place; undefined if none do, or if there is no such group. */
const rotaryDimOf = (shapes: Shapes, place: number): number | undefined => {
  const name = decoderInputs.rotation(place, 0, "query", "cos");
  return shapes.has(name) ? 2 * sizeIn(shapes, name, 1) : undefined;
};

/**
 * The decoder of a loaded model, with the extension that it was loaded with.
 *
 * @throws RangeError and TypeError naming the key of the config, the rule and the value; RangeError when the model takes no cache of
 *   this project, or its config and its graph differ
 */
export const loadedDecoder = (config: Config, shapes: Shapes): ExtendedDecoder => {
  if (config[extensionKey] === undefined) notExtended();
  const { config: stated, extension } = readExtensionEntry("withRopewalk", config);
  const { max_position_embeddings: trainedContext } = stated as { readonly max_position_embeddings: number };
  const values = decoderOutputs.newValues(0);
  const [numKvHeads, headDim] = [sizeIn(shapes, values, 1), sizeIn(shapes, values, 3)];
  const layers = Array.from({ length: sizeIn(shapes, decoderInputs.queryScale, 0) }, (_, layer) => layer);
  const layouts = layers.map((layer) => layoutOf(shapes, layer));
  const rotaryDims = layers.flatMap((place) => rotaryDimOf(shapes, place) ?? []);
  const { rope, slidingWindow, attention } = readRotation(stated, {
    headDim,
    defaultShare: (rotaryDims[0] ?? notExtended()) / headDim,
  });
  const window = config["sliding_window"];
  const extended = extendDecoder(
    {
      numLayers: layers.length,
      numKvHeads,
      headDim,
      trainedContext,
      rope,
      numHeads: Number(config["num_attention_heads"]),
      vocabSize: sizeIn(shapes, decoderOutputs.logits, 1),
      ...(attention === undefined
        ? // The graph shows whether layers slide: a config may state a window that is not in use.
          { slidingWindow: layouts[0] === "window" && typeof window === "number" ? window : undefined }
        : { slidingWindow, attention }),
    },
    extension,
    { cache: cacheOf(shapes, layers) },
  );
  for (const [place, group] of extended.groups.entries()) {
    const rotaryDim = rotaryDimOf(shapes, place) ?? 0;
    const own = group.rope?.rotaryDim ?? 0;
    const kind = group.layers.map((layer) => layouts[layer]!).find((each) => each !== group.attentionPath.kind);
    if (kind !== undefined || own !== rotaryDim)
      throw new RangeError(
        `withRopewalk: config.json must be that of the model, got ${group.positions.name} and ${own} dimensions that rotate ` +
          `for a graph of the kind ${kind ?? group.attentionPath.kind} and ${rotaryDim}`,
      );
  }
  return extended;
};
