/** Attention over a cache's stretches and a chunk, as a kernel sees it: parts with rows where they belong, and the reference over all keys. */
import { bandedAttention, type AttentionBand, type PartialAttention } from "@ropewalk/attention-merge";
import { attentionOverParts, type KernelPart, type PartsKernel } from "@ropewalk/attention-merge/wgsl";
import { numbers } from "../scenario.ts";

/** SelfExtend's stretches: settled and tail far, a ring near and far, the chunk near. */
export type Stretches = {
  readonly numKvHeads: number;
  readonly group: number;
  readonly headDim: number;
  readonly window: number;
  readonly start: number;
  /** At most the window. */
  readonly queryLen: number;
  /** How many of the far tokens have settled, as a share. */
  readonly settledShare: number;
  /** Rows of the settled part and of the tail that hold no token. */
  readonly spare: number;
};

export type PartsProblem = {
  readonly kernel: PartsKernel;
  /** The contents of the buffers of each part. */
  readonly inputs: readonly Readonly<Record<string, Float32Array<ArrayBuffer>>>[];
  readonly reference: () => PartialAttention;
};

export const partsProblem = (stretches: Stretches, seed: number): PartsProblem => {
  const { numKvHeads, group, headDim, window, start, queryLen, settledShare, spare } = stretches;
  const numHeads = numKvHeads * group;
  const keyLen = start + queryLen;
  const far = Math.max(0, start - window + 1);
  const settled = Math.floor(far * settledShare);
  const fill = numbers(seed);
  const queries = (): AttentionBand["queries"] => ({
    dims: [numHeads, queryLen, headDim],
    data: fill(numHeads * queryLen * headDim).map((x) => x / Math.sqrt(headDim)),
  });
  const keys = (): AttentionBand["keys"] => ({
    dims: [numKvHeads, keyLen, headDim],
    data: fill(numKvHeads * keyLen * headDim),
  });
  const near: AttentionBand = { from: 0, to: window, queries: queries(), keys: keys() };
  const distant: AttentionBand = { from: window, to: Infinity, queries: queries(), keys: keys() };
  const values = keys();

  /** Tokens [from, to) in rows; every other row is not a number, so that reading it shows. */
  const rows = (
    { data }: AttentionBand["keys"],
    from: number,
    to: number,
    capacity: number,
    rowOf: (token: number) => number,
  ): Float32Array<ArrayBuffer> => {
    const laid = new Float32Array(numKvHeads * capacity * headDim).fill(NaN);
    for (let head = 0; head < numKvHeads; head++)
      for (let token = from; token < to; token++) {
        const at = (head * keyLen + token) * headDim;
        laid.set(data.subarray(at, at + headDim), (head * capacity + rowOf(token)) * headDim);
      }
    return laid;
  };
  const ringRows = Math.max(1, Math.min(window, start));
  const run = (from: number, to: number, band: AttentionBand, room: number) => {
    const capacity = to - from + room;
    const laid = (x: AttentionBand["keys"]) => rows(x, from, to, capacity, (token) => token - from);
    return {
      part: { keys: { from, to }, bands: { kind: "plain", rows: { start: from, capacity } } } satisfies KernelPart,
      inputs: { nearQueries: band.queries.data, nearKeys: laid(band.keys), values: laid(values) },
    };
  };
  const ring = () => {
    const at = { start: 0, capacity: ringRows };
    const laid = (x: AttentionBand["keys"]) => rows(x, far, start, ringRows, (token) => token % ringRows);
    const bands = { kind: "nearAndFar", window, nearRows: at, rows: at } as const;
    return {
      part: { keys: { from: far, to: start }, bands } satisfies KernelPart,
      inputs: {
        nearQueries: near.queries.data,
        nearKeys: laid(near.keys),
        farQueries: distant.queries.data,
        farKeys: laid(distant.keys),
        values: laid(values),
      },
    };
  };
  const all = [
    ...(settled > 0 ? [run(0, settled, distant, 0)] : []),
    ...(settled < far ? [run(settled, far, distant, spare)] : []),
    ...(far < start ? [ring()] : []),
    run(start, keyLen, near, 0),
  ];
  return {
    kernel: attentionOverParts({
      ...{ numHeads, numKvHeads, headDim, start, queryLen },
      order: "queries",
      parts: all.map(({ part }) => part),
    }),
    inputs: all.map(({ inputs }) => inputs as Readonly<Record<string, Float32Array<ArrayBuffer>>>),
    reference: () => bandedAttention({ scale: 1, queryStart: start }, [near, distant], values),
  };
};

/** Rows head after head, of rows query after query. */
export const inHeads = (data: Float32Array, numHeads: number, headDim: number): Float32Array => {
  const queryLen = data.length / (numHeads * headDim);
  const turned = new Float32Array(data.length);
  for (let head = 0; head < numHeads; head++)
    for (let query = 0; query < queryLen; query++) {
      const at = (query * numHeads + head) * headDim;
      turned.set(data.subarray(at, at + headDim), (head * queryLen + query) * headDim);
    }
  return turned;
};
