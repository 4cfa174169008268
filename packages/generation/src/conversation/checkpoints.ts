/**
 * The points that a conversation can go back to. Rows of a cache are overwritten in place, so a cache cannot go back by itself. Therefore a fork
 * of it is kept at the borders of turns, and nobody runs on that fork. Forks of a conversation hold the same checkpoints, and the holders are
 * counted. A turn runs on a fork of a checkpoint.
 */
import { bytesOfBuffer, type TensorBuffer } from "@ropewalk/backend";
import { releaseCache, type KeyValueCache } from "../cache/cache.ts";
import type { Loaded } from "../model/loaded-model.ts";
import type { Prefix } from "../prefix/prefix.ts";
import { beginWith } from "../run/begin-with.ts";

export type Checkpoint = { readonly cache: KeyValueCache; holders: number };

export type CheckpointLimits = {
  /** Of how many turns checkpoints are kept: the newest ones, each at the end of its question and of its answer. Default 8. */
  readonly turns?: number;
  /** How many bytes checkpoints may hold beside the conversation's own cache. Default: as many as that cache holds, but at least 256 MiB. */
  readonly bytes?: number;
};

/** Makes a checkpoint of a cache, which it holds from then on. It is released with the model's weights at the latest. */
export const newCheckpoint = ({ prefixes }: Loaded, cache: KeyValueCache): Checkpoint => {
  prefixes.add(cache);
  return { cache, holders: 1 };
};

export const hold = (checkpoint: Checkpoint): Checkpoint => {
  checkpoint.holders += 1;
  return checkpoint;
};

export const letGo = ({ prefixes }: Loaded, checkpoint: Checkpoint): void => {
  checkpoint.holders -= 1;
  if (checkpoint.holders > 0) return;
  prefixes.delete(checkpoint.cache);
  releaseCache(checkpoint.cache);
};

/** The checkpoint that holds the longest beginning of the ids, but not all of them: the last token is always run, for the logits after it. */
const nearest = (checkpoints: readonly Checkpoint[], ids: readonly number[]): Checkpoint | undefined =>
  checkpoints
    .filter(({ cache }) => cache.length < ids.length && beginWith(ids, cache.ids))
    .reduce<Checkpoint | undefined>(
      (best, each) => (best === undefined || each.cache.length > best.cache.length ? each : best),
      undefined,
    );

/** The checkpoint that a run of the ids can start from, in the form of a prefix, and the ids that are still to be run. */
export const behind = (
  checkpoints: readonly Checkpoint[],
  ids: readonly number[],
): { readonly after: Pick<Prefix, "ids" | "cache"> | undefined; readonly rest: readonly number[] } => {
  const found = nearest(checkpoints, ids);
  return { after: found && { ids: found.cache.ids, cache: found.cache }, rest: ids.slice(found?.cache.length ?? 0) };
};

const sizeOf = (buffers: ReadonlySet<TensorBuffer>): number =>
  [...buffers].reduce((sum, buffer) => sum + bytesOfBuffer(buffer), 0);

const buffersOf = (checkpoints: readonly Checkpoint[]): ReadonlySet<TensorBuffer> =>
  new Set(checkpoints.flatMap(({ cache }) => [...cache.backend.held.keys()]));

/** Bytes that checkpoints hold. Shared buffers count once. */
export const bytesOf = (checkpoints: readonly Checkpoint[], but: ReadonlySet<TensorBuffer> = new Set()): number =>
  sizeOf(new Set([...buffersOf(checkpoints)].filter((buffer) => !but.has(buffer))));

/** The least limit: the cache of a short conversation holds less than the windows of a few checkpoints. */
const leastBytes = 256 * 2 ** 20;

/** One at the end of the question, one at the end of the answer. */
const perTurn = 2;

/** How many of the oldest checkpoints exceed the limits. The last one, from which the conversation goes on, always stays. */
export const beyondLimits = (checkpoints: readonly Checkpoint[], { turns = 8, bytes }: CheckpointLimits): number => {
  const own = buffersOf(checkpoints.slice(-1));
  const most = bytes ?? Math.max(leastBytes, sizeOf(own));
  let dropped = Math.max(0, checkpoints.length - 1 - perTurn * turns);
  while (dropped < checkpoints.length - 1 && bytesOf(checkpoints.slice(dropped), own) > most) dropped += 1;
  return dropped;
};
