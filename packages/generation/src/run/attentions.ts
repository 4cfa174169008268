/**
 * What a model's queries attend to, chunk by chunk: the weight of every key they see, or the entropy of these weights, one number a query
 *
 *   H = -Σ_j p_j ln p_j      in nats, 0 where one key has it all, ln n where n keys have the same
 *
 * The graph that runs the chunk gives it out, from the probabilities that it attends by; nothing is run twice.
 */
import type { HostTensor } from "@ropewalk/backend";
import { checkFunction } from "@ropewalk/check";
import { decoderOutputs, attentionPathName, type Attentions, type ExtendedDecoder } from "@ropewalk/decoder";
import { mapInOrder } from "../cache/key-order.ts";
import { createCache, releaseCache } from "../cache/cache.ts";
import { checkAttentionOptions } from "../generate/check-options.ts";
import { checkIds } from "./check-ids.ts";
import { checkOpen, sessionFor, type Loaded } from "../model/loaded-model.ts";
import { prefillRows, type ChunkOptions, type Watch } from "./run.ts";
import { chunkOf } from "../model/model-source.ts";

export type AttentionOptions = ChunkOptions & {
  /** "maps": the weight of every pair of query and key. "entropies": one number a query, in nats. */
  readonly what: Attentions;
  /** Which layers, from 0, each once. Default all. */
  readonly layers?: readonly number[];
};

export type VisitAttentionsOptions = AttentionOptions & {
  /** Whether each chunk has its logits too. Default false. */
  readonly logits?: boolean;
};

/** The attention of one layer. */
export type LayerAttentions = {
  readonly layer: number;
  /** Entropies [numHeads, queryLen]; maps [numHeads, queryLen, keyLen], keys in the order of tokens from the first on. */
  readonly dims: readonly number[];
  readonly data: Float32Array;
};

/** What tokens from position `start` on attend to. */
export type AttentionChunk = {
  readonly start: number;
  /** In the order that they were asked for. */
  readonly layers: readonly LayerAttentions[];
  /** [tokens, vocabSize], where they were asked for. */
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

/** Runs the ids, and hands out what each chunk of them attends to. */
const running =
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
    let taken: readonly LayerAttentions[] = [];
    const watch: Watch = {
      outputs: layers.map(decoderOutputs.attentions),
      take: (cache, chunk, results) => {
        const { start, length } = chunk;
        taken = layers.map((layer): LayerAttentions => {
          const given = (results[decoderOutputs.attentions(layer)] as HostTensor).data as Float32Array;
          if (what === "entropies") return { layer, dims: [numHeads, length], data: given };
          return { layer, dims: [numHeads, length, start + length], data: mapInOrder(cache, layer, chunk, given) };
        });
      },
    };
    const onChunk = (start: number, rows: HostTensor): void =>
      visit({ start, layers: taken, logits: logits ? (rows.data as Float32Array) : undefined });
    const output = logits ? decoderOutputs.logits : decoderOutputs.likeliest;
    const cache = createCache(backend, extended, { length: ids.length });
    try {
      await prefillRows(session, cache, ids, output, { ...run, watch, onChunk, allRows: logits });
    } finally {
      releaseCache(cache);
    }
  };

/** A layer's chunks put together, [numHeads, length, …]. */
type Whole = LayerAttentions & { readonly rowLen: number };

/** @throws RangeError that says what would do */
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

/** A chunk's rows from position `start` on; keys that are behind all of them have none. */
const put = ({ dims: [, length], rowLen, data: all }: Whole, start: number, { dims, data }: LayerAttentions): void => {
  const [numHeads, queryLen, keyLen = 1] = dims as readonly [number, number, number?];
  for (let head = 0; head < numHeads; head++)
    for (let row = 0; row < queryLen; row++) {
      const at = (head * queryLen + row) * keyLen;
      all.set(data.subarray(at, at + keyLen), (head * length! + start + row) * rowLen);
    }
};

/** What a model under an extension says of its attention. */
export const attentionsOf = (
  loaded: Loaded,
  extended: ExtendedDecoder,
): { readonly attentions: ReadAttentions; readonly visitAttentions: VisitAttentions } => {
  const run = running(loaded, extended);
  return {
    attentions: async (ids, options) => {
      const found = new Map<number, Whole>();
      const visit = ({ start, layers }: AttentionChunk): void => {
        for (const each of layers) {
          const whole = found.get(each.layer) ?? wholeOf(each, ids.length);
          found.set(each.layer, whole);
          put(whole, start, each);
        }
      };
      await run("attentions", ids, visit, options);
      return Array.from(found.values(), ({ layer, dims, data }) => ({ layer, dims, data }));
    },
    visitAttentions: async (ids, visit, options) => {
      checkFunction("visitAttentions", "visit", visit);
      await run("visitAttentions", ids, visit, options);
    },
  };
};
