/**
 * The type of a format of the key-value cache.
 *
 * A format keeps keys in a list of arrays, and values in another; most arrays have a part for each token. All code that declares,
 * feeds, fills or counts the cache goes by these lists.
 */
import type { SettledPart } from "@ropewalk/attention-merge/onnx";
import type { RecordOptions, Tape, Value } from "@ropewalk/graph";
import type { Operators } from "../../operators.ts";

/** One array that keys or values are kept in. */
export type CacheArray = {
  /** The end of the input's name, after the name of the stretch: "key_scales" in settled_key_scales. */
  readonly suffix: string;
  readonly type: "float32" | "float16" | "int8";
  /** Whether each token has a part of the array, or each head has one part for all its tokens. */
  readonly per: "token" | "head";
  /** The axes after the axis of heads and, if the array is per token, after the axis of tokens or tiles. */
  readonly shape: (headDim: number) => readonly number[];
};

/** Makes a chunk's keys or values an output of the graph, and gives the value that the chunk's own attention reads. */
export type Give = (name: string, record: (options?: RecordOptions) => Value) => Value;

/** How a stretch of tokens is kept. */
export type CacheArrays = {
  /** How many tokens are added at a time: the number of tokens that can be read is a multiple of the step. */
  readonly step: number;
  /** What the second axis of an array per token counts: tokens, or tiles of `tokens` tokens; and the end of that size's name. */
  readonly counted: { readonly as: "Len" | "Blocks"; readonly tokens: number };
  readonly keys: readonly CacheArray[];
  readonly values: readonly CacheArray[];
};

/** Keys and values as a chunk's graph outputs them, one array each. */
export type RecentFormat = CacheArrays & {
  readonly type: "float32" | "float16";
  readonly give: (tape: Tape) => Give;
};

/** Keys or values of some tokens, in memory that the encoder may overwrite. */
export type HostRows = {
  /** [numKvHeads, tokens, headDim] */
  readonly dims: readonly [number, number, number];
  readonly data: Float32Array;
};

/** The data of each array, by its suffix. */
export type Encoded = Readonly<Record<string, Float32Array | Int8Array>>;

export type EncodeContext = {
  /** The dimensions of a head that rotate together, in pairs; a dimension that does not rotate is a list of one. */
  readonly pairs: readonly (readonly number[])[];
  /** The contents of the arrays per head; undefined for the first tokens, from which they are computed. */
  readonly perHead: Encoded | undefined;
};

export type Encode = (rows: HostRows, context: EncodeContext) => Encoded;

/** The graph values that attention over settled tokens reads. */
export type SettledReading = {
  /** Queries in the rotation of the keys: [1, numKvHeads, group * seqLen, headDim] */
  readonly queries: Value;
  /** [1] */
  readonly gate: Value;
  /** The input of the array with that suffix. */
  readonly array: (suffix: string) => Value;
};

/** How a cache keeps its tokens: the lists for settled tokens, and `recent` for all others. */
export type CacheFormat = CacheArrays & {
  /** How tokens that have not settled are kept. */
  readonly recent: RecentFormat;
  /** Whether the format differs from `recent` only in settled tokens, so that it needs tokens that settle. */
  readonly settledOnly: boolean;
  /** The sets of operators with which a graph can read the format. */
  readonly operators: readonly Operators[];
  /** Whether a rewritten export can use the format. */
  readonly forExports: boolean;
  /**
   * Chunks up to this length attend with all heads at once, longer chunks head after head. In short chunks, many small nodes cost
   * more time than moving the scores of all heads through memory.
   */
  readonly fewTokens: number;
  /** Encodes the keys, and the values, of tokens that settle. Absent: there is one array each, not encoded. */
  readonly encode?: { readonly keys: Encode; readonly values: Encode };
  /** Makes the settled part of attention from the graph's inputs. */
  readonly emit: (tape: Tape, reading: SettledReading) => SettledPart;
};
