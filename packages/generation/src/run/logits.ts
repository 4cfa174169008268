/** Logits of every position of a text: all at once, or chunk by chunk. */
import { checkFunction } from "@ropewalk/check";
import { releaseCache } from "../cache/cache.ts";
import type { LoadedGraph } from "../model/loaded-graph.ts";
import { checkOpen, type Loaded } from "../model/loaded-model.ts";
import { behindWhat, type AnyPrefix, type Prefix } from "../prefix/prefix.ts";
import { startBehind } from "../prefix/start-behind.ts";
import { checkIds } from "./check-ids.ts";
import { checkLogitsOptions } from "./check-chunk-options.ts";
import type { ChunkOptions } from "./chunk-rows.ts";
import { prefill } from "./prefill.ts";

export type LogitsOptions = ChunkOptions & {
  /** The prefix that the ids follow: a text that was read with `read`. */
  readonly after?: AnyPrefix;
};

export type ReadLogits = (ids: readonly number[], options?: LogitsOptions) => Promise<Float32Array>;

export type VisitLogits = (
  ids: readonly number[],
  visit: (start: number, logits: Float32Array) => void,
  options?: LogitsOptions,
) => Promise<void>;

/** The first position that has logits: after a prefix, the position of its last token. */
const firstRow = (after: Prefix | undefined): number => (after === undefined ? 0 : after.ids.length - 1);

/** `logits` and `visitLogits` of a model under an extension. */
export const logitsOf = (
  loaded: Loaded,
  graph: LoadedGraph,
): { readonly logits: ReadLogits; readonly visitLogits: VisitLogits } => {
  const { session, extended } = graph;
  const { vocabSize } = extended.decoder;
  const visitLogits: VisitLogits = async (ids, visit, options = {}) => {
    checkOpen("logits", loaded);
    checkFunction("visitLogits", "visit", visit);
    checkLogitsOptions(options);
    const { after: prefix, ...chunkOptions } = options;
    const after = behindWhat("logits", prefix, extended);
    checkIds("logits", ids, vocabSize, after === undefined ? 1 : 0);
    const first = firstRow(after);
    const start = startBehind(graph, after, ids, (after?.ids.length ?? 0) + ids.length);
    const begin = start.cache.length;
    try {
      // Where the prefix's keys do not hold for this length, the prefix is run again, and its rows are skipped.
      const onLogits = (at: number, logits: Float32Array): void => {
        const skipped = Math.max(0, first - begin - at);
        const rows = logits.subarray(skipped * vocabSize);
        if (rows.length > 0) visit(begin + at + skipped, rows);
      };
      await prefill(session, start.cache, start.ids, { ...chunkOptions, onLogits });
    } finally {
      releaseCache(start.cache);
    }
  };
  const logits: ReadLogits = async (ids, options) => {
    const after = behindWhat("logits", options?.after, extended);
    checkIds("logits", ids, vocabSize, after === undefined ? 1 : 0);
    const first = firstRow(after);
    const all = new Float32Array(((after?.ids.length ?? 0) + ids.length - first) * vocabSize);
    await visitLogits(ids, (start, rows) => all.set(rows, (start - first) * vocabSize), options);
    return all;
  };
  return { logits, visitLogits };
};
