/** Runs one chunk of tokens. State goes in and comes out. */
import type { Session } from "@ropewalk/backend";
import { decoderOutputs } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";
import { runOn } from "../cache/cache-life.ts";
import { runRows } from "./chunk-rows.ts";

/** Logits [rows, vocabSize] of the rows that were asked for, and the cache with the chunk in it. */
export type ChunkResult = { readonly logits: Float32Array; readonly cache: KeyValueCache };

/**
 * Runs one chunk of at most `longestChunk` tokens.
 *
 * Where the frequencies depend on the length and the chunk exceeds the planned length, new frequencies are chosen for at least twice that
 * length, and the keys of all tokens so far are computed again with them.
 *
 * @param rows - which of the chunk's tokens get logits, at least one
 * @throws RangeError when there are more tokens; TypeError unless the cache is the value that was handed out last
 */
export const runChunk = async (
  session: Session,
  cache: KeyValueCache,
  ids: readonly number[],
  rows: readonly number[],
): Promise<ChunkResult> => {
  const ran = await runOn("runChunk", cache, () => runRows(session, cache, ids, rows, decoderOutputs.logits));
  return { logits: ran.rows.data as Float32Array, cache: ran.cache };
};
