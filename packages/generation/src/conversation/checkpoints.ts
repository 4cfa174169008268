/**
 * Where a conversation can go back to. Rows of a cache are overwritten in place, so that none goes back by itself: at the borders of turns a
 * fork of it is kept, which nobody runs on. Forks of a conversation hold the same checkpoints, counted; what runs, runs on a fork of one.
 */
import { bytesOfBuffer, type TensorBuffer } from "@ropewalk/backend";
import { releaseCache, type KeyValueCache } from "../cache/cache.ts";
import type { Loaded } from "../model/loaded-model.ts";
import type { Prefix } from "../prefix/prefix.ts";

export type Checkpoint = { readonly cache: KeyValueCache; holders: number };

export type CheckpointLimits = {
  /** Of how many turns, the newest, each at its question's end and its answer's. Default 8. */
  readonly turns?: number;
  /** How many bytes they may hold beside the conversation's own cache. Default: as many as that holds, or 256 MiB where that is less. */
  readonly bytes?: number;
};

/** A cache that is the checkpoint's from then on; it ends with the model's weights at the latest. */
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

/** Whether ids begin with others. */
export const beginWith = (ids: readonly number[], first: readonly number[]): boolean =>
  first.length <= ids.length && first.every((id, index) => ids[index] === id);

/** The one that holds most of the ids' beginning, and not all of them: the last one is run, for what follows it. */
const nearest = (checkpoints: readonly Checkpoint[], ids: readonly number[]): Checkpoint | undefined =>
  checkpoints
    .filter(({ cache }) => cache.length < ids.length && beginWith(ids, cache.ids))
    .reduce<Checkpoint | undefined>(
      (best, each) => (best === undefined || each.cache.length > best.cache.length ? each : best),
      undefined,
    );

/** What a run of the ids stands behind, as behind a prefix but that none of its tokens is left to be run; and the ids that are. */
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

/** Bytes that checkpoints hold, those that several share counted once. */
export const bytesOf = (checkpoints: readonly Checkpoint[], but: ReadonlySet<TensorBuffer> = new Set()): number =>
  sizeOf(new Set([...buffersOf(checkpoints)].filter((buffer) => !but.has(buffer))));

/** Of a short conversation, whose cache holds less than the window of a few checkpoints. */
const leastBytes = 256 * 2 ** 20;

/** At a question's end and at its answer's. */
const perTurn = 2;

/** How many of them, the oldest first, are too many: the last one, which the conversation goes on from, never is. */
export const beyondLimits = (checkpoints: readonly Checkpoint[], { turns = 8, bytes }: CheckpointLimits): number => {
  const own = buffersOf(checkpoints.slice(-1));
  const most = bytes ?? Math.max(leastBytes, sizeOf(own));
  let dropped = Math.max(0, checkpoints.length - 1 - perTurn * turns);
  while (dropped < checkpoints.length - 1 && bytesOf(checkpoints.slice(dropped), own) > most) dropped += 1;
  return dropped;
};
