/** Perplexity by position as an evaluation: one model, one text. */
import { check, checkKeys, number, optional, positive, whole, type Keys, type Rule } from "@ropewalk/check";
import type { Evaluation } from "../evaluation.ts";
import { jsonLines, textField } from "../json-lines.ts";
import { perplexity, type MeanLoss } from "./perplexity.ts";
import { tokenStream } from "./token-stream.ts";

export type PerplexityParams = {
  /** The text's file; of a .jsonl each line is a document, its `text`. */
  readonly text: string;
  /** The text between documents. Absent: the text is one document. */
  readonly separator?: string;
  /** Tokens of a window. */
  readonly length: number;
  /** Default 8. */
  readonly windows: number;
  /** Tokens from the beginning of one window to the beginning of the next. Absent: the length of a window. */
  readonly stride?: number;
  /** The most windows that are run together. Absent: each by itself. */
  readonly batch?: number;
  /** Windows to skip at the beginning, so that a measurement can be split into parts. Absent: none. */
  readonly skip?: number;
  /** Positions that share a mean. Default 512. */
  readonly bucket: number;
  /** The most tokens of a prefill chunk. Absent: the model's own default. */
  readonly chunkSize?: number;
};

/** A loss as JSON has it: null where nothing was scored. */
export type StatedLoss = { readonly loss: number | null; readonly perplexity: number | null; readonly tokens: number };

export type PerplexityReport = StatedLoss & {
  readonly buckets: readonly (StatedLoss & { readonly from: number; readonly to: number })[];
};

const text: Rule = (where, name, value) =>
  check(typeof value === "string" && value !== "", `${where}: ${name} must be text`, value, "string");

/** The parameters before defaults are filled in. */
type Asked = Omit<PerplexityParams, "windows" | "bucket"> & Partial<PerplexityParams>;

const keys: Keys<PerplexityParams> = {
  text,
  separator: optional(text),
  length: number("an integer >= 2", (length) => Number.isSafeInteger(length) && length >= 2),
  windows: optional(positive),
  stride: optional(positive),
  batch: optional(positive),
  skip: optional(whole),
  bucket: optional(positive),
  chunkSize: optional(positive),
};

/** Checks the parameters. Values that are equal to their defaults are left out, so that equal measurements have equal parameters. */
const checkStride = (where: string, { stride, skip, batch = 1, ...params }: Asked): Asked => {
  const { length } = params;
  check((stride ?? 1) <= length, `${where}: stride must be at most the length, ${length}`, stride);
  return {
    ...params,
    ...(stride !== undefined && stride < length && { stride }),
    ...(skip && { skip }),
    ...(batch > 1 && { batch }),
  };
};

/** A text, or the documents of a .jsonl file. */
export const textOf = (where: string, name: string, content: string): string | readonly string[] =>
  name.endsWith(".jsonl")
    ? jsonLines(where, { name, text: content }).map((line) => textField(where, line, "text"))
    : content;

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
    ...checkStride(where, checkKeys(where, "params", params as Asked, keys)),
  }),
  length: ({ length }) => length,
  tokens: ({ length, windows }) => length * windows,
  figures: ({ loss, perplexity: exp }) => [
    { name: "nats per token", value: loss, better: "low" },
    { name: "perplexity", value: exp, better: "low" },
  ],
  losses: ({ buckets }) => buckets,
  run: async (model, params, { read, signal, onProgress }) => {
    const { text: name, separator, length, windows, stride = length, skip = 0, batch, bucket, chunkSize } = params;
    const asked = { length, windows: windows + skip, stride, separator };
    const { ids, masked } = tokenStream(model, textOf("perplexity", name, await read(name)), asked);
    const report = await perplexity(model, ids, {
      length,
      windows,
      stride,
      batch,
      skip,
      bucket,
      masked,
      onProgress,
      ...(chunkSize === undefined ? {} : { chunkSize }),
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      ...stated(report),
      buckets: report.buckets.map(({ from, to, ...mean }) => ({ from, to, ...stated(mean) })),
    };
  },
};

const joinedLoss = (parts: readonly StatedLoss[]): StatedLoss => {
  const tokens = parts.reduce((sum, part) => sum + part.tokens, 0);
  const loss = parts.reduce((sum, part) => sum + (part.loss ?? 0) * part.tokens, 0) / tokens;
  return stated({ loss, tokens });
};

/** Joins the reports of windows that were measured separately. */
export const joinedReports = (parts: readonly PerplexityReport[]): PerplexityReport =>
  parts.length === 1
    ? parts[0]!
    : {
        ...joinedLoss(parts),
        buckets: parts[0]!.buckets.map(({ from, to }, index) => ({
          from,
          to,
          ...joinedLoss(parts.map(({ buckets }) => buckets[index]!)),
        })),
      };
