/**
 * What a format of the key-value cache says of itself.
 *
 * Keys, and values, are kept in arrays, most of which have a part for each token. How the others of the house declare, feed, fill and
 * count them follows from these lists.
 */
import type { SettledPart } from "@ropewalk/attention-merge/onnx";
import type { RecordOptions, Tape, Value } from "@ropewalk/graph";
import type { Operators } from "../../operators.ts";

/** One array that keys or values are kept in. */
export type CacheArray = {
  /** Behind the name of the stretch that it lies in: settled_key_scales. */
  readonly suffix: string;
  readonly type: "float32" | "float16" | "int8";
  /** Whether each token has a part of it, or each head has it once for all its tokens. */
  readonly per: "token" | "head";
  /** Behind the axes of heads and, where it is per token, of tokens or tiles. */
  readonly shape: (headDim: number) => readonly number[];
};

/** Makes keys or values of a chunk an output of the graph, and gives what the chunk itself attends to. */
export type Give = (name: string, record: (options?: RecordOptions) => Value) => Value;

/** How a stretch of tokens is kept. */
export type CacheArrays = {
  /** The fewest tokens that can be read; there are always whole steps of them. */
  readonly step: number;
  /** What the second axis of an array per token counts: tokens, or tiles of so many. */
  readonly counted: { readonly as: "Len" | "Blocks"; readonly tokens: number };
  readonly keys: readonly CacheArray[];
  readonly values: readonly CacheArray[];
};

/** Keys and values as a chunk gives them, one array each. */
export type RecentFormat = CacheArrays & {
  readonly type: "float32" | "float16";
  readonly give: (tape: Tape) => Give;
};

/** Keys or values of some tokens, in memory that may be written over. */
export type HostRows = {
  /** [numKvHeads, tokens, headDim] */
  readonly dims: readonly [number, number, number];
  readonly data: Float32Array;
};

/** The data of each array, by its suffix. */
export type Encoded = Readonly<Record<string, Float32Array | Int8Array>>;

export type EncodeContext = {
  /** The dimensions of a head that rotate together; the others each alone. */
  readonly pairs: readonly (readonly number[])[];
  /** What the arrays per head hold; undefined where these are the first tokens, which say what they will. */
  readonly perHead: Encoded | undefined;
};

export type Encode = (rows: HostRows, context: EncodeContext) => Encoded;

/** The values of the graph that attention over settled tokens reads. */
export type SettledReading = {
  /** In the rotation of the keys: [1, numKvHeads, group * seqLen, headDim] */
  readonly queries: Value;
  /** [1] */
  readonly gate: Value;
  /** The array of that suffix. */
  readonly array: (suffix: string) => Value;
};

/** How settled tokens are kept, and with that all of the cache. */
export type CacheFormat = CacheArrays & {
  /** How tokens that have not settled are kept. */
  readonly recent: RecentFormat;
  /** Whether it is a form of settled tokens alone, and nothing without them. */
  readonly settledOnly: boolean;
  /** The operators of which a graph that reads it may be made. */
  readonly operators: readonly Operators[];
  /** Whether the attention of an export can be put on it. */
  readonly forExports: boolean;
  /**
   * Chunks up to this length attend with all heads at once, longer ones head after head: below it the nodes of many small products
   * cost more than the memory that scores go through.
   */
  readonly fewTokens: number;
  /** Makes the arrays of keys, or of values, of tokens that settle. Absent: there is one array each, of the elements as they are. */
  readonly encode?: { readonly keys: Encode; readonly values: Encode };
  /** Attention over settled tokens, from the arrays as the graph reads them. */
  readonly emit: (tape: Tape, reading: SettledReading) => SettledPart;
};
