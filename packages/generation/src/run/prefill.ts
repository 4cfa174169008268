/** Runs a whole prompt in chunks. State goes in and comes out. */
import type { HostTensor, Session } from "@ropewalk/backend";
import { decoderOutputs } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";
import { runOn } from "../cache/cache-life.ts";
import { checkPrefillOptions } from "./check-chunk-options.ts";
import { prefillRows, type ChunkOptions } from "./chunk-rows.ts";
import type { ChunkResult } from "./run-chunk.ts";

export type PrefillOptions = ChunkOptions & {
  /**
   * Given: every token gets logits, handed out chunk by chunk as [tokens, vocabSize] from position `start` on. Absent: only the last
   * token does.
   */
  readonly onLogits?: ((start: number, logits: Float32Array) => void) | undefined;
};

/**
 * Runs a prompt in chunks after the cached tokens. Gives the last token's logits [1, vocabSize], and the cache with the prompt in it.
 * Neither depends on the chunk size.
 *
 * @throws RangeError when there are no ids or `chunkSize` is not a positive integer; TypeError unless the cache is the value that
 *   was handed out last; whatever the signal was aborted with
 */
export const prefill = async (
  session: Session,
  cache: KeyValueCache,
  ids: readonly number[],
  options: PrefillOptions = {},
): Promise<ChunkResult> => {
  checkPrefillOptions(options);
  const { onLogits, ...chunkOptions } = options;
  const onChunk = onLogits && ((start: number, { data }: HostTensor) => onLogits(start, data as Float32Array));
  const rowsOptions = { ...chunkOptions, onChunk, allRows: onLogits !== undefined };
  const ran = await runOn("prefill", cache, () => prefillRows(session, cache, ids, decoderOutputs.logits, rowsOptions));
  const { vocabSize } = cache.extended.decoder;
  return { logits: (ran.rows.data as Float32Array).subarray(-vocabSize), cache: ran.cache };
};
