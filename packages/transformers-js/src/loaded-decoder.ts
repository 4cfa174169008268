/** What a loaded model's session and config say of its decoder: enough to feed it a chunk and to keep its cache. */
import type { Memory } from "@ropewalk/backend";
import { hostBuffer } from "@ropewalk/backend/host";
import type { BandLayout } from "@ropewalk/context-extension";
import {
  cacheFormats,
  cachePrecisions,
  extendDecoder,
  inputs,
  outputs,
  type CacheArray,
  type CachePrecision,
  type ExtendedDecoder,
} from "@ropewalk/decoder";
import { extensionKey, readExtensionEntry, readRotation } from "@ropewalk/models";

type Config = Readonly<Record<string, unknown>>;

/** Shapes of a session's inputs and outputs, by name; a symbol stands for a size that changes. */
export type Shapes = ReadonlyMap<string, { readonly type: string; readonly shape: readonly (number | string)[] }>;

/** Where the cache lies: in JavaScript's memory, wherever the session computes. */
export const memory: Memory = { name: "transformers.js", allocate: hostBuffer };

const notExtended = (): never => {
  throw new RangeError(
    'withRopewalk: model must be loaded under extendModels(env, { runtime: "ropewalk" }), or from a folder that was written so, got another',
  );
};

/** The values of a stretch of the first layer's cache. */
const valuesOf = (stretch: string): string => inputs.cached(0, stretch, undefined, "values");

const layoutOf = (shapes: Shapes): BandLayout["kind"] => {
  const [settles, slides] = ["tail", "ring"].map((stretch) => shapes.has(valuesOf(stretch)));
  if (settles) return slides ? "near-far" : "everything";
  return slides ? "window" : notExtended();
};

const sizeIn = (shapes: Shapes, name: string, axis: number): number => {
  const size = shapes.get(name)?.shape[axis];
  return typeof size === "number" ? size : notExtended();
};

/** The first format that has the arrays of the graph; where no token settles, the one that its new keys have. */
const cacheOf = (shapes: Shapes): CachePrecision => {
  const has = ({ suffix, type }: CacheArray): boolean => {
    const found = shapes.get(inputs.cached(0, "settled", undefined, suffix)) ?? shapes.get(outputs.newKeys(0, 0));
    return found?.type === type;
  };
  return cachePrecisions.find((cache) => cacheFormats[cache].keys.every(has)) ?? notExtended();
};

/**
 * The decoder of a loaded model, with the extension that it was loaded with.
 *
 * @throws RangeError and TypeError naming what its config says wrongly; RangeError when the model takes no cache of this kind, or its config speaks of another than its graph
 */
export const loadedDecoder = (config: Config, shapes: Shapes): ExtendedDecoder => {
  if (config[extensionKey] === undefined) notExtended();
  const { config: stated, extension } = readExtensionEntry("withRopewalk", config);
  const { max_position_embeddings: trainedContext } = stated as { readonly max_position_embeddings: number };
  const layout = layoutOf(shapes);
  const values = outputs.newValues(0);
  const [numKvHeads, headDim] = [sizeIn(shapes, values, 1), sizeIn(shapes, values, 3)];
  const rotaryDim = 2 * sizeIn(shapes, inputs.rotation(0, 0, "query", "cos"), 1);
  const { rope } = readRotation(stated, { headDim, defaultShare: rotaryDim / headDim });
  const window = config["sliding_window"];
  const extended = extendDecoder(
    {
      ...{ numLayers: sizeIn(shapes, inputs.queryScale, 0), numKvHeads, headDim, trainedContext, rope },
      numHeads: Number(config["num_attention_heads"]),
      vocabSize: sizeIn(shapes, outputs.logits, 1),
      // Whether layers slide is the graph's to say; configs state windows that are not in use.
      slidingWindow: layout === "window" && typeof window === "number" ? window : undefined,
    },
    extension,
    { cache: cacheOf(shapes) },
  );
  if (extended.layout.kind !== layout || rope.rotaryDim !== rotaryDim)
    throw new RangeError(
      `withRopewalk: config.json must be that of the model, got ${extended.positions.name} and ${rope.rotaryDim} dimensions that rotate ` +
        `for a graph of the kind ${layout} and ${rotaryDim}`,
    );
  return extended;
};
