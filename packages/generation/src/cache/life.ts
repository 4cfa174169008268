/**
 * A cache's life: its buffers, which go when it ends, and which of its values is the one to go on from. A buffer may be held by several
 * caches, and goes with the last of them; none of them writes to it meanwhile.
 *
 * Rows are overwritten in place, so that of the values that runs hand out only the last one is true. An older one, or a copy with
 * another length, would attend to rows of other tokens: it is refused.
 */
import type { TensorBuffer, Memory } from "@ropewalk/backend";
import { show } from "@ropewalk/check";

/** How many hold a buffer. */
type Share = { holders: number };

export type CacheMemory = Memory & {
  /** Whose memory it is. */
  readonly source: Memory;
  /** Gives one buffer back. */
  readonly free: (buffer: TensorBuffer) => void;
  /** Gives all of them back, those of a run that was cut off as well. */
  readonly freeAll: () => void;
  /** What is held, and by how many. */
  readonly held: ReadonlyMap<TensorBuffer, Share>;
  /** Holds a buffer of another cache's memory too. */
  readonly adopt: (buffer: TensorBuffer, from: CacheMemory) => TensorBuffer;
  /** Whether another cache holds it too: then it is not written to. */
  readonly isShared: (buffer: TensorBuffer) => boolean;
};

/** Memory that knows what it has given out. */
export const cacheMemory = (source: Memory): CacheMemory => {
  const { name, allocate } = source;
  const held = new Map<TensorBuffer, Share>();
  const hold = (buffer: TensorBuffer, share: Share): TensorBuffer => {
    share.holders += 1;
    held.set(buffer, share);
    return buffer;
  };
  const letGo = (buffer: TensorBuffer, share: Share): void => {
    share.holders -= 1;
    if (share.holders === 0) buffer.release();
  };
  return {
    ...{ source, name, held },
    allocate: (...asked) => hold(allocate(...asked), { holders: 0 }),
    free: (buffer) => {
      const share = held.get(buffer);
      if (held.delete(buffer)) letGo(buffer, share!);
    },
    freeAll: () => {
      const all = [...held];
      held.clear();
      for (const [buffer, share] of all) letGo(buffer, share);
    },
    adopt: (buffer, from) => hold(buffer, from.held.get(buffer)!),
    isShared: (buffer) => held.get(buffer)!.holders > 1,
  };
};

/** Shared by all values of one cache. */
export type CacheLife<Cache> = {
  /** The value to go on from. */
  latest: Cache;
  state: "ready" | "running" | "torn" | "released";
};

export type Living<Cache> = { readonly life: CacheLife<Cache> };

const inWords: Readonly<Record<CacheLife<unknown>["state"], string>> = {
  ready: "an older one or a copy: rows are overwritten in place, so that a cache cannot go back",
  running: "one that another run is under way with",
  torn: "one that could not be written to its end: release it",
  released: "one that is released",
};

/** @throws TypeError naming who asks, unless the cache is the value that was handed out last */
export const checkLatest = <Cache extends Living<Cache>>(where: string, cache: Cache): void => {
  const life = (cache as Partial<Cache> | undefined)?.life;
  if (life?.state === "ready" && life.latest === cache) return;
  const got = life === undefined ? show(cache) : inWords[life.state];
  throw new TypeError(`${where}: cache must be the value that createCache or the last run gave, got ${got}`);
};

/** Writes into a cache: the value that comes of it is the one to go on from. What throws on its way leaves a torn cache. */
export const writing = <Cache extends Living<Cache>>({ life }: Cache, write: () => Cache): Cache => {
  const before = life.state;
  life.state = "torn";
  life.latest = write();
  life.state = before;
  return life.latest;
};

/** A run on the value that was handed out last: no other one begins meanwhile. */
export const runOn = async <Cache extends Living<Cache>, Result>(
  where: string,
  cache: Cache,
  run: () => Promise<Result>,
): Promise<Result> => {
  checkLatest(where, cache);
  const { life } = cache;
  life.state = "running";
  try {
    return await run();
  } finally {
    if (life.state === "running") life.state = "ready";
  }
};
