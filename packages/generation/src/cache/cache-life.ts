/**
 * The life of a cache: the buffers that it holds until it ends, and the value of it that is valid. Several caches may hold one buffer. The
 * buffer is released with the last of them, and none of them writes to it while it is shared.
 *
 * Rows are overwritten in place, so only the last value that a run handed out is valid. An older value, or a copy with another length,
 * would attend to rows of other tokens: it is refused.
 */
import type { TensorBuffer, Memory } from "@ropewalk/backend";
import { show } from "@ropewalk/check";

/** How many caches hold a buffer. */
type Share = { holders: number };

export type CacheMemory = Memory & {
  /** The memory that buffers are allocated in. */
  readonly source: Memory;
  /** Gives one buffer back. */
  readonly free: (buffer: TensorBuffer) => void;
  /** Gives all buffers back, those of a run that was aborted as well. */
  readonly freeAll: () => void;
  /** The buffers that this cache holds, each with the number of caches that hold it. */
  readonly held: ReadonlyMap<TensorBuffer, Share>;
  /** Holds a buffer that another cache holds as well. */
  readonly adopt: (buffer: TensorBuffer, from: CacheMemory) => TensorBuffer;
  /** Whether another cache holds the buffer too. A shared buffer is not written to. */
  readonly isShared: (buffer: TensorBuffer) => boolean;
};

/** Memory that knows which buffers it has handed out. */
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
    source,
    name,
    held,
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
  /** The valid value, which the next run starts from. */
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

/** @throws TypeError naming the function, unless the cache is the value that was handed out last */
export const checkLatest = <Cache extends Living<Cache>>(where: string, cache: Cache): void => {
  const life = (cache as Partial<Cache> | undefined)?.life;
  if (life?.state === "ready" && life.latest === cache) return;
  const got = life === undefined ? show(cache) : inWords[life.state];
  throw new TypeError(`${where}: cache must be the value that createCache or the last run gave, got ${got}`);
};

/** Writes into a cache: the value that `write` gives becomes the valid one. If `write` throws, the cache is torn. */
export const writing = <Cache extends Living<Cache>>({ life }: Cache, write: () => Cache): Cache => {
  const before = life.state;
  life.state = "torn";
  life.latest = write();
  life.state = before;
  return life.latest;
};

/** Runs on the value that was handed out last. No other run can begin on the cache until this one has ended. */
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
