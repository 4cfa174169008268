/** Perplexity by position as an evaluation: one model, one text. */
import { check, checkKeys, number, optional, positive, type Keys, type Rule } from "@ropewalk/check";
import type { Evaluation } from "../evaluation.ts";
import { perplexity, type MeanLoss } from "./perplexity.ts";
import { tokenStream } from "./token-stream.ts";

export type PerplexityParams = {
  /** The text's file. */
  readonly text: string;
  /** What stands between documents. Absent: the text is one. */
  readonly separator?: string;
  /** Tokens of a window. */
  readonly length: number;
  /** Default 8. */
  readonly windows: number;
  /** Positions that share a mean. Default 512. */
  readonly bucket: number;
  /** Tokens a prefill chunk, at most. Absent: as many as the model likes. */
  readonly chunkSize?: number;
};

/** As JSON holds it: null where nothing was scored. */
export type StatedLoss = { readonly loss: number | null; readonly perplexity: number | null; readonly tokens: number };

export type PerplexityReport = StatedLoss & {
  readonly buckets: readonly (StatedLoss & { readonly from: number; readonly to: number })[];
};

const text: Rule = (where, name, value) =>
  check(typeof value === "string" && value !== "", `${where}: ${name} must be text`, value, "string");

/** What has a default may be absent. */
type Asked = Omit<PerplexityParams, "windows" | "bucket"> & Partial<PerplexityParams>;

const keys: Keys<PerplexityParams> = {
  ...{ text, separator: optional(text) },
  length: number("an integer >= 2", (length) => Number.isSafeInteger(length) && length >= 2),
  ...{ windows: optional(positive), bucket: optional(positive), chunkSize: optional(positive) },
};

const stated = ({ loss, tokens }: MeanLoss): StatedLoss => ({
  ...(tokens === 0 ? { loss: null, perplexity: null } : { loss, perplexity: Math.exp(loss) }),
  tokens,
});

export const perplexityEvaluation: Evaluation<PerplexityParams, PerplexityReport> = {
  kind: "perplexity",
  files: (params) => [params.text],
  check: (where, params) => ({
    windows: 8,
    bucket: 512,
    ...checkKeys(where, "params", params as Asked, keys),
  }),
  length: ({ length }) => length,
  tokens: ({ length, windows }) => length * windows,
  figures: ({ loss, perplexity: exp }) => [
    { name: "nats per token", value: loss },
    { name: "perplexity", value: exp },
  ],
  losses: ({ buckets }) => buckets,
  run: async (model, { text: name, separator, length, windows, bucket, chunkSize }, { read, signal, onProgress }) => {
    const { ids, masked } = tokenStream(model, await read(name), { length, windows, separator });
    const losses = await perplexity(model, ids, {
      ...{ length, windows, bucket, masked, onProgress },
      ...(chunkSize === undefined ? {} : { chunkSize }),
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      ...stated(losses),
      buckets: losses.buckets.map(({ from, to, ...mean }) => ({ from, to, ...stated(mean) })),
    };
  },
};
