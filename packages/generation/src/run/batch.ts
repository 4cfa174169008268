/**
 * Logits of several texts of one length that are run together. In norms and products the rows of the texts follow one another; in attention
 * their heads lie side by side, so texts do not see each other. This saves the fixed cost of a run, and products of few rows.
 */
import type { HostTensor, Session } from "@ropewalk/backend";
import { check, checkFunction } from "@ropewalk/check";
import { batchHeads, decoderOutputs, attentionPathName, type ExtendedDecoder } from "@ropewalk/decoder";
import { append } from "../cache/append.ts";
import { createCache, releaseCache, type KeyValueCache } from "../cache/cache.ts";
import { checkIds } from "./check-ids.ts";
import { checkChunkOptions } from "./check-chunk-options.ts";
import { checkOpen, sessionFor, type Loaded } from "../model/loaded-model.ts";
import { checkNumbers } from "./check-numbers.ts";
import { chunkResults } from "./chunk-feeds.ts";
import { defaultChunkSize, longestNext, type ChunkOptions } from "./chunk-rows.ts";
import { chunkOf, needCheckpoint } from "../model/model-source.ts";

/** Gets the logits [tokens, vocabSize] of each text, from position `start` on. */
export type VisitBatch = (start: number, logits: readonly Float32Array[]) => void;

export type VisitBatchLogits = (
  texts: readonly (readonly number[])[],
  visit: VisitBatch,
  options?: ChunkOptions,
) => Promise<void>;

const checkTexts = (texts: readonly (readonly number[])[], vocabSize: number): void => {
  check(
    Array.isArray(texts) && texts.length > 0,
    "visitBatchLogits: texts must be a list of lists of token ids, one at least",
    texts,
    "object",
  );
  for (const ids of texts) checkIds("visitBatchLogits", ids, vocabSize);
  const { length } = texts[0]!;
  const other = texts.findIndex((ids) => ids.length !== length);
  if (other >= 0)
    throw new RangeError(
      `visitBatchLogits: texts must be of one length, got ${length} at index 0 and ${texts[other]!.length} at index ${other}`,
    );
};

/** Runs one chunk of every text: the logits, one text after the other, and the cache with the chunk in it. */
const runBatch = async (session: Session, cache: KeyValueCache, chunks: readonly (readonly number[])[]) => {
  const ids = chunks.flat();
  const first = chunks[0]!;
  const chunk = { start: cache.length, length: first.length };
  const rows = ids.map((_, row) => row);
  const results = await chunkResults(session, cache, chunk, ids, rows, [decoderOutputs.logits]);
  const logits = results[decoderOutputs.logits] as HostTensor;
  const positions = chunks.flatMap((own) => own.map((_, row) => cache.length + row));
  checkNumbers(cache, decoderOutputs.logits, logits, positions);
  // All texts have their keys in the same places, so the ids of the first stand for all.
  return { logits: logits.data as Float32Array, cache: append(cache, first, { results, rows: first.length }) };
};

export const visitBatchLogits =
  (loaded: Loaded, extended: ExtendedDecoder): VisitBatchLogits =>
  async (texts, visit, options = {}) => {
    const { backend, source } = loaded;
    const { vocabSize } = extended.decoder;
    checkOpen("visitBatchLogits", loaded);
    needCheckpoint("visitBatchLogits", source);
    checkFunction("visitBatchLogits", "visit", visit);
    checkChunkOptions("visitBatchLogits", options);
    checkTexts(texts, vocabSize);
    const { chunkSize = defaultChunkSize, signal, onProgress } = options;
    const batch = texts.length;
    const { length } = texts[0]!;
    const name = `chunk of ${batch} texts, ${attentionPathName(extended)}`;
    const session = await sessionFor(loaded, name, chunkOf(source, extended, backend, { batch }));
    let cache = createCache(backend, batchHeads(extended, batch), { length });
    try {
      for (let done = 0; done < length;) {
        signal?.throwIfAborted();
        const count = Math.min(chunkSize, longestNext(cache), length - done);
        const ran = await runBatch(
          session,
          cache,
          texts.map((ids) => ids.slice(done, done + count)),
        );
        cache = ran.cache;
        const size = count * vocabSize;
        visit(
          done,
          texts.map((_, text) => ran.logits.subarray(text * size, (text + 1) * size)),
        );
        done += count;
        onProgress?.(done, length);
      }
    } finally {
      releaseCache(cache);
    }
  };
