/**
 * The attention of a model's queries, chunk by chunk: the weight of every key that a query sees, or the entropy of these weights,
 *
 *   H = -Σ_j p_j ln p_j      in nats: 0 where one key has all weight, ln n where n keys have equal weights
 *
 * The graph that runs the chunk gives them out, from the probabilities that it attends with. Nothing is run twice.
 */
import type { HostTensor } from "@ropewalk/backend";
import { checkFunction } from "@ropewalk/check";
import { decoderOutputs, attentionPathName, type Attentions, type ExtendedDecoder } from "@ropewalk/decoder";
import { mapInOrder } from "../cache/key-order.ts";
import { createCache, releaseCache } from "../cache/cache.ts";
import { checkAttentionOptions } from "./check-attention-options.ts";
import { checkIds } from "./check-ids.ts";
import { checkOpen, sessionFor, type Loaded } from "../model/loaded-model.ts";
import { prefillRows, type ChunkOptions, type Watch } from "./chunk-rows.ts";
import { chunkOf } from "../model/model-source.ts";

export type AttentionOptions = ChunkOptions & {
  /** "maps": the weight of every pair of query and key. "entropies": one number for each query, in nats. */
  readonly what: Attentions;
  /** Which layers, from 0, each once. Default all. */
  readonly layers?: readonly number[];
};

export type VisitAttentionsOptions = AttentionOptions & {
  /** Whether each chunk comes with its logits. Default false. */
  readonly logits?: boolean;
};

/** The attention of one layer. */
export type LayerAttentions = {
  readonly layer: number;
  /** Entropies are [numHeads, queryLen]; maps are [numHeads, queryLen, keyLen], with keys in the order of tokens from the first on. */
  readonly dims: readonly number[];
  readonly data: Float32Array;
};

/** The attention of a chunk of tokens that begins at position `start`. */
export type AttentionChunk = {
  readonly start: number;
  /** In the order of the option `layers`. */
  readonly layers: readonly LayerAttentions[];
  /** [tokens, vocabSize]; undefined unless asked for. */
  readonly logits: Float32Array | undefined;
};

export type VisitAttentions = (
  ids: readonly number[],
  visit: (chunk: AttentionChunk) => void,
  options: VisitAttentionsOptions,
) => Promise<void>;

export type ReadAttentions = (ids: readonly number[], options: AttentionOptions) => Promise<readonly LayerAttentions[]>;

type Run = (
  where: string,
  ids: readonly number[],
  visit: (chunk: AttentionChunk) => void,
  options: VisitAttentionsOptions,
) => Promise<void>;

/** Runs the ids, and hands out the attention of each chunk. */
const runWith =
  (loaded: Loaded, extended: ExtendedDecoder): Run =>
  async (where, ids, visit, options) => {
    const { backend, source } = loaded;
    const { numHeads, numLayers, vocabSize } = extended.decoder;
    checkOpen(where, loaded);
    checkAttentionOptions(where, options, numLayers);
    checkIds(where, ids, vocabSize);
    const { what, layers = Array.from({ length: numLayers }, (_, layer) => layer), logits = false, ...run } = options;
    const name = `${what} of ${layers.join(" ")}, ${attentionPathName(extended)}`;
    const session = await sessionFor(
      loaded,
      name,
      chunkOf(source, extended, backend, { attentions: { what, layers } }),
    );
    let chunkLayers: readonly LayerAttentions[] = [];
    const watch: Watch = {
      outputs: layers.map(decoderOutputs.attentions),
      take: (cache, chunk, results) => {
        const { start, length } = chunk;
        chunkLayers = layers.map((layer): LayerAttentions => {
          const found = (results[decoderOutputs.attentions(layer)] as HostTensor).data as Float32Array;
          if (what === "entropies") return { layer, dims: [numHeads, length], data: found };
          return { layer, dims: [numHeads, length, start + length], data: mapInOrder(cache, layer, chunk, found) };
        });
      },
    };
    const onChunk = (start: number, rows: HostTensor): void =>
      visit({ start, layers: chunkLayers, logits: logits ? (rows.data as Float32Array) : undefined });
    const output = logits ? decoderOutputs.logits : decoderOutputs.likeliest;
    const cache = createCache(backend, extended, { length: ids.length });
    try {
      await prefillRows(session, cache, ids, output, { ...run, watch, onChunk, allRows: logits });
    } finally {
      releaseCache(cache);
    }
  };

/** The attention of a layer over the whole text, [numHeads, length, …]. */
type Whole = LayerAttentions & { readonly rowLen: number };

/** @throws RangeError that names `visitAttentions`, where there is not enough memory */
const roomFor = (elements: number, length: number): Float32Array => {
  try {
    return new Float32Array(elements);
  } catch (cause) {
    throw new RangeError(
      `attentions: ids must be few enough for ${4 * elements} bytes a layer, got ${length}; visitAttentions hands them out chunk by chunk`,
      { cause },
    );
  }
};

const wholeOf = ({ layer, dims: [numHeads, , keyLen] }: LayerAttentions, length: number): Whole => {
  const rowLen = keyLen === undefined ? 1 : length;
  const dims = [numHeads!, length, ...(keyLen === undefined ? [] : [length])];
  return { layer, dims, rowLen, data: roomFor(numHeads! * length * rowLen, length) };
};

/** Puts the rows of a chunk in place, from position `start` on. Keys after the chunk keep the weight 0. */
const put = ({ dims: [, length], rowLen, data: all }: Whole, start: number, { dims, data }: LayerAttentions): void => {
  const [numHeads, queryLen, keyLen = 1] = dims as readonly [number, number, number?];
  for (let head = 0; head < numHeads; head++)
    for (let row = 0; row < queryLen; row++) {
      const at = (head * queryLen + row) * keyLen;
      all.set(data.subarray(at, at + keyLen), (head * length! + start + row) * rowLen);
    }
};

/** `attentions` and `visitAttentions` of a model under an extension. */
export const attentionsOf = (
  loaded: Loaded,
  extended: ExtendedDecoder,
): { readonly attentions: ReadAttentions; readonly visitAttentions: VisitAttentions } => {
  const run = runWith(loaded, extended);
  return {
    attentions: async (ids, options) => {
      const wholes = new Map<number, Whole>();
      const visit = ({ start, layers }: AttentionChunk): void => {
        for (const each of layers) {
          const whole = wholes.get(each.layer) ?? wholeOf(each, ids.length);
          wholes.set(each.layer, whole);
          put(whole, start, each);
        }
      };
      await run("attentions", ids, visit, options);
      return Array.from(wholes.values(), ({ layer, dims, data }) => ({ layer, dims, data }));
    },
    visitAttentions: async (ids, visit, options) => {
      checkFunction("visitAttentions", "visit", visit);
      await run("visitAttentions", ids, visit, options);
    },
  };
};
