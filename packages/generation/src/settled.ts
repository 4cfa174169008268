/**
 * One layer's settled keys and values, in the arrays of the cache's format: those that have a part for each token are strips, which
 * grow by tokens at the end of each head.
 */
import { bytesOfBuffer, float32, int8, type Buffer, type Memory, type Tensor } from "@ropewalk/backend";
import { cacheFormatOf, inputs, type CacheArray, type Encoded, type ExtendedDecoder } from "@ropewalk/decoder";
import { match } from "ts-pattern";
import type { CacheMemory } from "./cache-life.ts";

/** An array of one layer: [numKvHeads, tokens, width], or [numKvHeads, width] where it is per head. */
type Strip = { readonly array: CacheArray; readonly buffer: Buffer };

export type Settled = Readonly<Record<"keys" | "values", readonly Strip[]>>;

const sides = ["keys", "values"] as const;

/** How many of `due` tokens can settle: whole steps. */
export const settleable = (extended: ExtendedDecoder, due: number): number =>
  due - (due % cacheFormatOf(extended).step);

/** Elements of a token of a head, or of a head. */
const widthOf = (extended: ExtendedDecoder, { per, shape }: CacheArray): number => {
  const size = shape(extended.decoder.headDim).reduce((product, axis) => product * axis, 1);
  return per === "head" ? size : size / cacheFormatOf(extended).counted.tokens;
};

const sizeFor = (extended: ExtendedDecoder, array: CacheArray, tokens: number): number =>
  extended.decoder.numKvHeads * (array.per === "head" ? 1 : tokens) * widthOf(extended, array);

const stripsOf = ({ keys, values }: Settled): readonly Strip[] => [...keys, ...values];

export const settledBuffers = (settled: Settled): readonly Buffer[] => stripsOf(settled).map(({ buffer }) => buffer);

/** Room for so many tokens. */
export const createSettled = (backend: Memory, extended: ExtendedDecoder, tokens: number): Settled => {
  const { keys, values } = cacheFormatOf(extended);
  const strip = (array: CacheArray): Strip => ({
    array,
    buffer: backend.allocate(sizeFor(extended, array, tokens), array.type),
  });
  return { keys: keys.map(strip), values: values.map(strip) };
};

/** Bytes of room for so many tokens. */
export const settledBytes = (extended: ExtendedDecoder, tokens: number): number => {
  const { keys, values } = cacheFormatOf(extended);
  return [...keys, ...values]
    .map((array) => bytesOfBuffer({ type: array.type, length: sizeFor(extended, array, tokens) }))
    .reduce((sum, bytes) => sum + bytes, 0);
};

/** The same tokens in larger buffers. */
export const roomier = (backend: CacheMemory, extended: ExtendedDecoder, old: Settled, tokens: number): Settled => {
  const larger = (strip: Strip): Strip => {
    const { array, buffer } = strip;
    if (array.per === "head") return strip;
    const next = backend.allocate(sizeFor(extended, array, tokens), array.type);
    next.write(buffer, { from: 0, fromStride: 0, to: 0, toStride: 0, length: buffer.length, count: 1 });
    backend.free(buffer);
    return { array, buffer: next };
  };
  return { keys: old.keys.map(larger), values: old.values.map(larger) };
};

/** Heads of `from` tokens moved apart, so that each has room for `to`. */
const spread = (extended: ExtendedDecoder, { array, buffer }: Strip, from: number, to: number): void => {
  if (array.per === "head") return;
  const width = widthOf(extended, array);
  for (let head = extended.decoder.numKvHeads - 1; head > 0; head--)
    buffer.move(head * from * width, head * to * width, from * width);
};

/** Tokens [from, to) of an array, of heads that are `to` tokens long; of one that is per head what the first tokens told. */
const write = (
  extended: ExtendedDecoder,
  { array, buffer }: Strip,
  data: Encoded[string],
  from: number,
  to: number,
): void => {
  const [heads, width] = [extended.decoder.numKvHeads, widthOf(extended, array)];
  const tensor = data instanceof Int8Array ? int8([data.length], data) : float32([data.length], data);
  const [length, at, stride] =
    array.per === "head" ? [width, 0, width] : [(to - from) * width, from * width, to * width];
  buffer.write(tensor, { from: 0, fromStride: length, to: at, toStride: stride, length, count: heads });
};

/** Where heads of keys or values are put: [numKvHeads, tokens, headDim], from token `at` on. */
export type Target = { readonly buffer: Buffer; readonly tokens: number; readonly at: number };

type Held = { readonly backend: CacheMemory; readonly extended: ExtendedDecoder };

/** The elements of a buffer of float32 that is on the host. */
const elementsOf = (name: string, buffer: Buffer): Float32Array => {
  const tensor = buffer.view(0, [buffer.length]);
  if (tensor.place !== "host")
    throw new TypeError(`cache: 8 bits need a backend whose buffers are on the host, got ${name}`);
  return tensor.data as Float32Array;
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

/** What the arrays per head of keys or values hold. */
const perHeadOf = (name: string, strips: readonly Strip[]): Encoded =>
  Object.fromEntries(
    strips
      .filter(({ array }) => array.per === "head")
      .map(({ array, buffer }) => [array.suffix, elementsOf(name, buffer)]),
  );

/**
 * Settles tokens [from, to) of every layer.
 *
 * @param fill - puts a layer's keys or values, as they are, where it is told
 */
export const settleTokens = (
  { backend, extended }: Held,
  layers: readonly Settled[],
  [from, to]: readonly [number, number],
  fill: (layer: number, side: "keys" | "values", target: Target) => void,
): void => {
  for (const settled of layers) for (const strip of stripsOf(settled)) spread(extended, strip, from, to);
  const { encode } = cacheFormatOf(extended);
  if (encode === undefined) {
    layers.forEach((settled, index) => {
      for (const side of sides) fill(index, side, { buffer: settled[side][0]!.buffer, tokens: to, at: from });
    });
    return;
  }
  const { numKvHeads, headDim } = extended.decoder;
  const dims = [numKvHeads, to - from, headDim] as const;
  // One for all layers: memory that is new costs more than what is done with it.
  const scratch = backend.allocate(dims[0] * dims[1] * dims[2]);
  const pairs = pairsOf(extended.decoder);
  layers.forEach((settled, index) => {
    for (const side of sides) {
      fill(index, side, { buffer: scratch, tokens: to - from, at: 0 });
      const rows = { dims, data: elementsOf(backend.name, scratch) };
      const perHead = from === 0 ? undefined : perHeadOf(backend.name, settled[side]);
      const encoded = encode[side](rows, { pairs, perHead });
      for (const strip of settled[side]) write(extended, strip, encoded[strip.array.suffix]!, from, to);
    }
  });
  backend.free(scratch);
};

/** The settled part of layer `index` as the graph's inputs, `tokens` long. */
export const settledFeeds = (
  extended: ExtendedDecoder,
  settled: Settled,
  index: number,
  tokens: number,
): Readonly<Record<string, Tensor>> => {
  const { numKvHeads, headDim } = extended.decoder;
  const count = tokens / cacheFormatOf(extended).counted.tokens;
  return Object.fromEntries(
    stripsOf(settled).map(({ array: { suffix, per, shape }, buffer }) => [
      inputs.settled(index, suffix),
      buffer.view(0, [numKvHeads, ...(per === "head" ? [] : [count]), ...shape(headDim)]),
    ]),
  );
};
