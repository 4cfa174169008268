/**
 * One layer's settled keys and values, in either form: strips that grow by tokens at the end of each head.
 *
 * A strip is [numKvHeads, tokens, width]. Keys and values have headDim elements a token; in 8 bits, where tokens settle in
 * whole blocks, each token of each head has its scales beside.
 */
import { halfBlock, quantizedBlock, quantizeKeys, quantizeValues } from "@ropewalk/attention-merge";
import {
  bytesOfBuffer,
  float32,
  int8,
  type Buffer,
  type BufferType,
  type Memory,
  type Tensor,
} from "@ropewalk/backend";
import { inputs, type CachePrecision, type ExtendedDecoder } from "@ropewalk/decoder";
import { match, P } from "ts-pattern";
import type { CacheMemory } from "./cache-life.ts";
import { divideKeys, divisorsOf } from "./key-divisors.ts";

export type Strip = { readonly buffer: Buffer; readonly heads: number; readonly width: number };

export type Settled =
  | { readonly kind: "float32"; readonly strips: Readonly<Record<"keys" | "values", Strip>> }
  | { readonly kind: "float16"; readonly strips: Readonly<Record<"keys" | "values", Strip>> }
  | {
      readonly kind: "q8";
      readonly strips: Readonly<Record<"keys" | "keyScales" | "keyOffsets" | "values" | "valueScales", Strip>>;
      /** By what the keys are divided [numKvHeads, headDim]: what the first of them told. */
      readonly keyDivisors: Float32Array;
    };

/** Tokens settle by this many: products of integers and of float16 take whole blocks. */
const steps: Readonly<Record<CachePrecision, number>> = { float32: 1, float16: halfBlock, q8: quantizedBlock };

/** The fewest tokens that the part can be read with. */
export const settledStep = (cache: CachePrecision): number => steps[cache];

/** How many of `due` tokens can settle: whole steps. */
export const settleable = ({ cache }: ExtendedDecoder, due: number): number => due - (due % steps[cache]);

type Shape = { readonly type: BufferType; readonly heads: number; readonly width: number };

const shapesOf = ({ cache, decoder }: ExtendedDecoder): Readonly<Record<string, Shape>> => {
  const { numKvHeads: heads, headDim } = decoder;
  const perToken: Shape = { type: "float32", heads, width: 1 };
  const elements = (type: BufferType): Shape => ({ type, heads, width: headDim });
  return match(cache)
    .with("float32", "float16", (type) => ({ keys: elements(type), values: elements(type) }))
    .with("q8", () => ({
      ...{ keys: elements("int8"), keyScales: perToken, keyOffsets: perToken },
      ...{ values: elements("int8"), valueScales: perToken },
    }))
    .exhaustive();
};

const sizeOf = ({ heads, width }: Shape, tokens: number): number => heads * tokens * width;

export const settledBuffers = ({ strips }: Settled): readonly Buffer[] =>
  Object.values(strips).map(({ buffer }) => buffer);

/** Room for so many tokens. */
export const createSettled = (backend: Memory, extended: ExtendedDecoder, tokens: number): Settled => {
  const strips = Object.entries(shapesOf(extended)).map(([name, shape]): readonly [string, Strip] => [
    name,
    { buffer: backend.allocate(sizeOf(shape, tokens), shape.type), heads: shape.heads, width: shape.width },
  ]);
  const { numKvHeads, headDim } = extended.decoder;
  const keyDivisors = new Float32Array(numKvHeads * headDim).fill(1);
  return { kind: extended.cache, strips: Object.fromEntries(strips), keyDivisors } as Settled;
};

/** Bytes of room for so many tokens. */
export const settledBytes = (extended: ExtendedDecoder, tokens: number): number =>
  Object.values(shapesOf(extended))
    .map((shape) => bytesOfBuffer({ type: shape.type, length: sizeOf(shape, tokens) }))
    .reduce((sum, bytes) => sum + bytes, 0);

/** The same tokens in larger buffers. */
export const roomier = (backend: CacheMemory, extended: ExtendedDecoder, old: Settled, tokens: number): Settled => {
  const larger = createSettled(backend, extended, tokens);
  const into = settledBuffers(larger);
  settledBuffers(old).forEach((buffer, index) => {
    into[index]!.write(buffer, { from: 0, fromStride: 0, to: 0, toStride: 0, length: buffer.length, count: 1 });
    backend.free(buffer);
  });
  return { ...old, strips: larger.strips } as Settled;
};

/** Heads of `from` tokens moved apart, so that each has room for `to`. */
const spread = ({ buffer, heads, width }: Strip, from: number, to: number): void => {
  for (let head = heads - 1; head > 0; head--) buffer.move(head * from * width, head * to * width, from * width);
};

/** Tokens [from, to) of a strip, of heads that are `to` tokens long. */
const write = ({ buffer, heads, width }: Strip, source: Tensor, from: number, to: number): void =>
  buffer.write(source, {
    from: 0,
    fromStride: (to - from) * width,
    to: from * width,
    toStride: to * width,
    length: (to - from) * width,
    count: heads,
  });

/** Where heads of keys or values are put: [numKvHeads, tokens, headDim], from token `at` on. */
export type Target = { readonly buffer: Buffer; readonly tokens: number; readonly at: number };

type Held = { readonly backend: CacheMemory; readonly extended: ExtendedDecoder };

/** A place for tokens in float32 on their way to 8 bits, and what lies there after it was filled. */
const scratchFor = ({ backend, extended: { decoder } }: Held, tokens: number) => {
  const dims = [decoder.numKvHeads, tokens, decoder.headDim] as const;
  const buffer = backend.allocate(dims[0] * dims[1] * dims[2]);
  const filled = () => {
    const tensor = buffer.view(0, dims);
    if (tensor.place !== "host")
      throw new TypeError(`cache: 8 bits need a backend whose buffers are on the host, got ${backend.name}`);
    return { dims, data: tensor.data as Float32Array };
  };
  return { target: { buffer, tokens, at: 0 }, filled, release: () => backend.free(buffer) };
};

/** The dimensions of a head that rotate together; the others each alone. */
const pairsOf = ({
  headDim,
  rope: { layout, rotaryDim },
}: ExtendedDecoder["decoder"]): readonly (readonly number[])[] => {
  const pair = match(layout)
    .with("halves", () => (index: number) => [index, index + rotaryDim / 2])
    .with("interleaved", () => (index: number) => [2 * index, 2 * index + 1])
    .exhaustive();
  return [
    ...Array.from({ length: rotaryDim / 2 }, (_, index) => pair(index)),
    ...Array.from({ length: headDim - rotaryDim }, (_, index) => [rotaryDim + index]),
  ];
};

/**
 * Settles tokens [from, to) of every layer.
 *
 * @param fill - puts a layer's keys or values, in float32, where it is told
 * @returns the layers, in 8 bits with what the first tokens told of their keys
 */
export const settleTokens = (
  held: Held,
  layers: readonly Settled[],
  [from, to]: readonly [number, number],
  fill: (layer: number, part: "keys" | "values", target: Target) => void,
): readonly Settled[] => {
  for (const { strips } of layers) for (const strip of Object.values(strips)) spread(strip, from, to);
  // One for all layers: memory that is new costs more than what is done with it.
  const scratch = match(held.extended.cache)
    .with("float32", "float16", () => undefined)
    .with("q8", () => scratchFor(held, to - from))
    .exhaustive();
  const pairs = pairsOf(held.extended.decoder);
  const put = (strip: Strip, data: Int8Array | Float32Array): void => {
    const shape = [strip.heads, to - from, strip.width];
    write(strip, data instanceof Int8Array ? int8(shape, data) : float32(shape, data), from, to);
  };
  const settled = layers.map((layer, index) =>
    match(layer)
      .returnType<Settled>()
      .with({ kind: P.union("float32", "float16") }, ({ strips: { keys, values } }) => {
        fill(index, "keys", { buffer: keys.buffer, tokens: to, at: from });
        fill(index, "values", { buffer: values.buffer, tokens: to, at: from });
        return layer;
      })
      .with({ kind: "q8" }, (old) => {
        const { keys, keyScales, keyOffsets, values, valueScales } = old.strips;
        fill(index, "keys", scratch!.target);
        const waiting = scratch!.filled();
        const divisors = from === 0 ? divisorsOf(waiting, pairs) : old.keyDivisors;
        divideKeys(waiting, divisors);
        const quantizedKeys = quantizeKeys(waiting);
        put(keys, quantizedKeys.elements);
        put(keyScales, quantizedKeys.scales);
        put(keyOffsets, quantizedKeys.offsets);
        fill(index, "values", scratch!.target);
        const quantizedValues = quantizeValues(scratch!.filled());
        put(values, quantizedValues.elements);
        put(valueScales, quantizedValues.scales);
        return { ...old, keyDivisors: divisors };
      })
      .exhaustive(),
  );
  scratch?.release();
  return settled;
};

/** The settled part of layer `index` as the graph's inputs, `tokens` long. */
export const settledFeeds = (
  { numKvHeads, headDim }: { readonly numKvHeads: number; readonly headDim: number },
  settled: Settled,
  index: number,
  tokens: number,
): Readonly<Record<string, Tensor>> => {
  const view = ({ buffer }: Strip, ...dims: readonly number[]): Tensor => buffer.view(0, [numKvHeads, ...dims]);
  const blocks = tokens / quantizedBlock;
  return match(settled)
    .with({ kind: P.union("float32", "float16") }, ({ strips: { keys, values } }) => ({
      [inputs.settledKeys(index)]: view(keys, tokens, headDim),
      [inputs.settledValues(index)]: view(values, tokens, headDim),
    }))
    .with(
      { kind: "q8" },
      ({ strips: { keys, keyScales, keyOffsets, values, valueScales }, keyDivisors: divisors }) => ({
        [inputs.settledKeyDivisors(index)]: float32([numKvHeads, 1, headDim], divisors),
        [inputs.settledKeys(index)]: view(keys, blocks, headDim, quantizedBlock),
        [inputs.settledKeyScales(index)]: view(keyScales, blocks, 1, quantizedBlock),
        [inputs.settledKeyOffsets(index)]: view(keyOffsets, blocks, 1, quantizedBlock),
        [inputs.settledValues(index)]: view(values, blocks, quantizedBlock, headDim),
        [inputs.settledValueScales(index)]: view(valueScales, blocks, 1, quantizedBlock),
      }),
    )
    .exhaustive();
};
