/** Attention entropies by layer and position as an evaluation: one model, one text. */
import { check, checkKeys, checkList, number, optional, positive, whole, type Keys, type Rule } from "@ropewalk/check";
import type { Evaluation } from "../evaluation.ts";
import { textOf } from "../perplexity/evaluation.ts";
import { tokenStream } from "../perplexity/token-stream.ts";
import { entropies, type EntropyBucket, type MeanEntropy } from "./entropies.ts";

export type EntropiesParams = {
  /** The text's file; of a .jsonl each line is a document, its `text`. */
  readonly text: string;
  /** What stands between documents. Absent: the text is one. */
  readonly separator?: string;
  /** Tokens of a window. */
  readonly length: number;
  /** Default 1. */
  readonly windows: number;
  /** Positions that share a mean. Default 512. */
  readonly bucket: number;
  /** Absent: all. */
  readonly layers?: readonly number[];
  /** Tokens a prefill chunk, at most. Absent: as many as the model likes. */
  readonly chunkSize?: number;
};

/** As JSON holds it: null where no position is beyond the trained window. */
export type EntropiesReport = {
  readonly trainedContext: number;
  readonly drift: number | null;
  readonly layers: readonly {
    readonly layer: number;
    readonly inside: MeanEntropy;
    readonly beyond: MeanEntropy | null;
    readonly buckets: readonly EntropyBucket[];
  }[];
};

const text: Rule = (where, name, value) =>
  check(typeof value === "string" && value !== "", `${where}: ${name} must be text`, value, "string");

/** Whether a model has them is for the model to say. */
const someLayers: Rule = (where, name, value) => {
  checkList(where, name, value);
  (value as readonly unknown[]).forEach((layer, at) => whole(where, `${name}[${at}]`, layer));
};

/** What has a default may be absent. */
type Asked = Omit<EntropiesParams, "windows" | "bucket"> & Partial<EntropiesParams>;

const keys: Keys<EntropiesParams> = {
  text,
  separator: optional(text),
  length: number("an integer >= 2", (length) => Number.isSafeInteger(length) && length >= 2),
  windows: optional(positive),
  bucket: optional(positive),
  chunkSize: optional(positive),
  layers: optional(someLayers),
};

/** Over layers. */
const meanOf = (layers: readonly MeanEntropy[]): number | null =>
  layers.length === 0 ? null : layers.reduce((sum, { mean }) => sum + mean, 0) / layers.length;

export const entropiesEvaluation: Evaluation<EntropiesParams, EntropiesReport> = {
  kind: "entropies",
  lists: ["layers"],
  files: (params) => [params.text],
  check: (where, params) => ({
    windows: 1,
    bucket: 512,
    ...checkKeys(where, "params", params as Asked, keys),
  }),
  length: ({ length }) => length,
  tokens: ({ length, windows }) => length * windows,
  figures: ({ drift, layers }) => [
    { name: "nats from inside to beyond", value: drift },
    { name: "nats inside", value: meanOf(layers.map(({ inside }) => inside)) },
    { name: "nats beyond", value: meanOf(layers.flatMap(({ beyond }) => beyond ?? [])) },
  ],
  run: async (model, { text: name, separator, ...params }, { read, signal, onProgress }) => {
    const { length, windows } = params;
    const { ids } = tokenStream(model, textOf("entropies", name, await read(name)), { length, windows, separator });
    const { trainedContext, layers, drift } = await entropies(model, ids, {
      ...params,
      onProgress,
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      trainedContext,
      drift: drift ?? null,
      layers: layers.map(({ beyond, ...layer }) => ({ ...layer, beyond: beyond ?? null })),
    };
  },
};
