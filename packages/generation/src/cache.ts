/**
 * The key-value cache: state that is passed in and handed out, held where the backend computes.
 *
 * Per layer, in tokens s already run and a window W:
 *
 *   settled  keys in their outermost rotation, and values, of tokens [0, settled): [numKvHeads, settled, headDim],
 *            each head in one run, the form that is fastest to read
 *   rows     keys in every rotation, and values, of tokens [base, s): [tokens, numKvHeads, headDim], appended token by
 *            token; any stretch of it is a view
 *
 * A token whose distance to every later query is at least W (any token, where there is one band) never changes its
 * rotation again; such tokens settle a block at a time, so that laying out the heads anew costs a small part of the
 * reads between two settlings. They settle when a chunk is appended, its own tokens straight from what the graph gave, so
 * that rows hold a window and a block however long the chunks are. Under a bare window nothing settles: tokens that leave
 * it are dropped.
 *
 * Nothing is rotated here. Rows are overwritten in place: an older value of the cache is not to be used again.
 */
import type { Backend, Buffer, Tensor } from "@ropewalk/backend";
import { frequenciesFor, outputs, farFrom, type ExtendedDecoder } from "@ropewalk/decoder";
import type { RopeFrequencies } from "@ropewalk/rope";

type LayerCache = {
  readonly settledKeys: Buffer;
  readonly settledValues: Buffer;
  /** Per band of the mapping, near to far. */
  readonly rowKeys: readonly Buffer[];
  readonly rowValues: Buffer;
};

export type KeyValueCache = {
  readonly backend: Backend;
  readonly extended: ExtendedDecoder;
  /** Tokens that the run is planned for, and the frequencies that its keys are rotated with for that. */
  readonly planned: number;
  readonly frequencies: RopeFrequencies;
  /** Tokens run so far, and which they were. */
  readonly length: number;
  readonly ids: readonly number[];
  /** The graph's outputs that are appended. */
  readonly appended: readonly string[];
  /** Tokens in the settled part, and how many it has room for. */
  readonly settled: number;
  readonly settledRoom: number;
  /** The token in row 0, and how many rows there are. */
  readonly base: number;
  readonly rowRoom: number;
  readonly layers: readonly LayerCache[];
};

/** Tokens settle at least this many at a time. */
const settleBlock = 128;

/** Elements of one token's keys (or values) in one layer. */
export const rowSize = ({ extended: { decoder } }: Pick<KeyValueCache, "extended">): number =>
  decoder.numKvHeads * decoder.headDim;

/** Whether tokens ever settle: under a bare window they are dropped instead. */
export const settles = ({ layout }: ExtendedDecoder): boolean => layout.kind !== "window";

const appendedOutputs = ({ decoder, positions }: ExtendedDecoder): readonly string[] =>
  Array.from({ length: decoder.numLayers }, (_, layer) => [
    ...positions.bands.map((_, band) => outputs.newKeys(layer, band)),
    outputs.newValues(layer),
  ]).flat();

const buffersOf = (layer: LayerCache): readonly Buffer[] => [
  layer.settledKeys,
  layer.settledValues,
  ...layer.rowKeys,
  layer.rowValues,
];

/** How many tokens a run is planned to have. More are made room for when they come. */
export type CachePlan = { readonly length: number };

/** Tokens that the settled part and the rows have room for: what may settle, a window and a block that waits to settle. */
const rooms = (extended: ExtendedDecoder, { length }: CachePlan): Pick<KeyValueCache, "settledRoom" | "rowRoom"> => {
  const { layout } = extended;
  const window = layout.kind === "everything" ? 0 : layout.window;
  return {
    settledRoom: settles(extended) ? farFrom(layout, length) : 0,
    rowRoom: Math.min(window + settleBlock, length),
  };
};

/** An empty cache. */
export const createCache = (backend: Backend, extended: ExtendedDecoder, plan: CachePlan): KeyValueCache => {
  const size = rowSize({ extended });
  const { settledRoom, rowRoom } = rooms(extended, plan);
  const layers = Array.from({ length: extended.decoder.numLayers }, () => ({
    settledKeys: backend.allocate(settledRoom * size),
    settledValues: backend.allocate(settledRoom * size),
    rowKeys: extended.positions.bands.map(() => backend.allocate(rowRoom * size)),
    rowValues: backend.allocate(rowRoom * size),
  }));
  return {
    ...{ backend, extended, appended: appendedOutputs(extended) },
    ...{ planned: plan.length, frequencies: frequenciesFor(extended, plan.length), length: 0, ids: [] },
    ...{ settled: 0, settledRoom, base: 0, rowRoom, layers },
  };
};

/** Bytes of a cache planned so, in float32. */
export const plannedCacheBytes = (extended: ExtendedDecoder, plan: CachePlan): number => {
  const { settledRoom, rowRoom } = rooms(extended, plan);
  const tokens = 2 * settledRoom + (extended.positions.bands.length + 1) * rowRoom;
  return 4 * extended.decoder.numLayers * rowSize({ extended }) * tokens;
};

export const releaseCache = ({ layers }: KeyValueCache): void => {
  for (const layer of layers) for (const buffer of buffersOf(layer)) buffer.release();
};

/** Bytes that the cache holds, all layers. */
export const cacheBytes = ({ layers }: Pick<KeyValueCache, "layers">): number =>
  4 * layers.flatMap(buffersOf).reduce((sum, { length }) => sum + length, 0);

/** A larger buffer with the same beginning. */
const grown = (backend: Backend, old: Buffer, length: number): Buffer => {
  const buffer = backend.allocate(length);
  buffer.write(old, { from: 0, fromStride: 0, to: 0, toStride: 0, length: old.length, count: 1 });
  old.release();
  return buffer;
};

/** Lays the heads out for `total` tokens and puts tokens [settled, total) behind each head's own: first rows, then fresh ones. */
const settleInto = (
  cache: KeyValueCache,
  target: Buffer,
  total: number,
  [rows, fresh]: readonly [rows: Buffer, fresh: Tensor],
): void => {
  const { numKvHeads, headDim } = cache.extended.decoder;
  const { settled, base, length } = cache;
  for (let head = numKvHeads - 1; head > 0; head--)
    target.move(head * settled * headDim, head * total * headDim, settled * headDim);
  const put = (source: Buffer | Tensor, first: number, from: number, to: number): void => {
    for (let head = 0; head < numKvHeads && to > from; head++)
      target.write(source, {
        from: ((from - first) * numKvHeads + head) * headDim,
        fromStride: numKvHeads * headDim,
        to: (head * total + from) * headDim,
        toStride: headDim,
        length: headDim,
        count: to - from,
      });
  };
  put(rows, base, settled, Math.min(total, length));
  put(fresh, length, Math.max(settled, length), total);
};

const settle = (cache: KeyValueCache, total: number, results: Readonly<Record<string, Tensor>>): KeyValueCache => {
  const { backend } = cache;
  const size = rowSize(cache);
  const settledRoom = total > cache.settledRoom ? Math.max(total, cache.settledRoom * 2) : cache.settledRoom;
  const layers = cache.layers.map((layer, index): LayerCache => {
    const grow = (buffer: Buffer): Buffer =>
      settledRoom === cache.settledRoom ? buffer : grown(backend, buffer, settledRoom * size);
    const next = { ...layer, settledKeys: grow(layer.settledKeys), settledValues: grow(layer.settledValues) };
    const outermost = layer.rowKeys.length - 1;
    const keys = results[outputs.newKeys(index, outermost)]!;
    settleInto(cache, next.settledKeys, total, [layer.rowKeys[outermost]!, keys]);
    settleInto(cache, next.settledValues, total, [layer.rowValues, results[outputs.newValues(index)]!]);
    return next;
  });
  return { ...cache, settled: total, settledRoom, layers };
};

/** Drops the rows before token `base`, and grows when even then `rows` rows do not fit. */
const makeRoom = (cache: KeyValueCache, base: number, rows: number): KeyValueCache => {
  const size = rowSize(cache);
  const rowRoom = Math.max(rows, cache.rowRoom);
  const kept = Math.max(0, cache.length - base);
  const compact = (buffer: Buffer): Buffer => {
    buffer.move((cache.length - kept - cache.base) * size, 0, kept * size);
    return rowRoom === cache.rowRoom ? buffer : grown(cache.backend, buffer, rowRoom * size);
  };
  const layers = cache.layers.map((layer) => ({
    ...layer,
    rowKeys: layer.rowKeys.map(compact),
    rowValues: compact(layer.rowValues),
  }));
  return { ...cache, base, rowRoom, layers };
};

/** Settles what is due behind a chunk and keeps its other rotated keys and values, as the graph gave them for these ids. */
export const appendToCache = (
  cache: KeyValueCache,
  ids: readonly number[],
  results: Readonly<Record<string, Tensor>>,
): KeyValueCache => {
  const { extended, length: start } = cache;
  const length = start + ids.length;
  const due = farFrom(extended.layout, length);
  const settling = settles(extended) && due - cache.settled >= settleBlock;
  const settled = settling ? settle(cache, due, results) : cache;
  const oldest = settles(extended) ? settled.settled : due;
  const ready = length - settled.base > settled.rowRoom ? makeRoom(settled, oldest, length - oldest) : settled;
  const size = rowSize(cache);
  const first = Math.max(start, ready.base);
  const copy = {
    from: (first - start) * size,
    fromStride: 0,
    to: (first - ready.base) * size,
    toStride: 0,
    length: (length - first) * size,
    count: 1,
  };
  ready.layers.forEach((layer, index) => {
    layer.rowKeys.forEach((keys, band) => keys.write(results[outputs.newKeys(index, band)]!, copy));
    layer.rowValues.write(results[outputs.newValues(index)]!, copy);
  });
  return { ...ready, length, ids: [...cache.ids, ...ids] };
};
