/** A case with numbers in it: as the reference takes them, and as they lie in the kernel's buffers. */
import {
  bandedAttention,
  type AttentionBand,
  type PartialAttention,
  type NamedTensor,
} from "@ropewalk/attention-merge";
import {
  attentionKernel,
  type AttentionConfig,
  type AttentionKernel,
  type CacheRows,
} from "@ropewalk/attention-merge/wgsl";
import { numbers } from "../scenario.ts";

type Queries = AttentionBand["queries"];
type Keys = AttentionBand["keys"];

export type Problem = {
  readonly kernel: AttentionKernel;
  readonly inputs: Readonly<Record<string, ArrayBufferView<ArrayBuffer>>>;
  /** By plain loops; not computed before it is asked for. */
  readonly reference: () => PartialAttention;
};

/** Not in the types of this version of the language. */
const { Float16Array } = globalThis as unknown as {
  readonly Float16Array: new (
    from: ArrayLike<number> | ArrayBuffer,
  ) => ArrayLike<number> & ArrayBufferView<ArrayBuffer>;
};

/** As bytes: Dawn ends the process when it is given a Float16Array. */
const halved = (x: Float32Array): ArrayBufferView<ArrayBuffer> => new Uint8Array(new Float16Array(x).buffer);

export const widened = (storage: AttentionConfig["storage"], stored: ArrayBuffer): Float32Array =>
  storage === "float16" ? Float32Array.from(new Float16Array(stored)) : new Float32Array(stored);

/** Rows for tokens `from` to `to` where they belong; every other row is not a number, so that reading it shows. */
const laidOut = ({ dims, data }: Keys, { start, capacity }: CacheRows, from: number, to: number): Float32Array => {
  const [numKvHeads, keyLen, headDim] = dims;
  const rows = new Float32Array(numKvHeads * capacity * headDim).fill(NaN);
  for (let head = 0; head < numKvHeads; head++)
    for (let token = Math.max(from, start); token < to; token++) {
      const at = (head * keyLen + token) * headDim;
      rows.set(data.subarray(at, at + headDim), (head * capacity + ((token - start) % capacity)) * headDim);
    }
  return rows;
};

/** Where the case keeps near keys, and how many rows a head of far keys and values has. */
const placesOf = (
  { bands }: AttentionConfig,
  keyLen: number,
): { readonly near: CacheRows; readonly all: CacheRows } => {
  const whole = { start: 0, capacity: keyLen };
  if (bands.kind === "slidingWindow") return { near: bands.rows ?? whole, all: bands.rows ?? whole };
  const all = { start: 0, capacity: bands.capacity ?? keyLen };
  return { near: bands.kind === "plain" ? all : (bands.nearRows ?? whole), all };
};

export const problem = (config: AttentionConfig, seed: number): Problem => {
  const { bands, numHeads, numKvHeads, headDim, start, queryLen, storage } = config;
  const keyLen = start + queryLen;
  const window = bands.kind === "plain" ? Infinity : bands.window;
  const fill = numbers(seed);
  const stored = (x: Float32Array): Float32Array =>
    storage === "float16" ? Float32Array.from(new Float16Array(x)) : x;
  const queries = (): Queries => ({
    dims: [numHeads, queryLen, headDim],
    data: stored(fill(numHeads * queryLen * headDim).map((x) => x / Math.sqrt(headDim))),
  });
  const keys = (): Keys => ({ dims: [numKvHeads, keyLen, headDim], data: stored(fill(numKvHeads * keyLen * headDim)) });
  const near: AttentionBand = { from: 0, to: window, queries: queries(), keys: keys() };
  const far: AttentionBand = { from: window, to: Infinity, queries: queries(), keys: keys() };
  const values: NamedTensor<readonly ["numKvHeads", "keyLen", "headDim"]> = keys();

  const places = placesOf(config, keyLen);
  const ring = bands.kind === "slidingWindow" ? places.near.start : 0;
  const inputs = {
    nearQueries: near.queries.data,
    nearKeys: laidOut(near.keys, places.near, Math.max(0, start + 1 - window), keyLen),
    farQueries: far.queries.data,
    farKeys: laidOut(far.keys, places.all, 0, Math.max(0, keyLen - window)),
    values: laidOut(values, places.all, ring, keyLen),
  };
  return {
    kernel: attentionKernel(config),
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, x]) => [name, storage === "float16" ? halved(x) : x]),
    ) as Problem["inputs"],
    reference: () =>
      bandedAttention({ scale: 1, queryStart: start }, bands.kind === "nearAndFar" ? [near, far] : [near], values),
  };
};
