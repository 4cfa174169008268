/**
 * A cache's life: its buffers, all of which go when it ends, and which of its values is the one to go on from.
 *
 * Rows are overwritten in place, so that of the values that runs hand out only the last one is true. An older one, or a copy with
 * another length, would attend to rows of other tokens: it is refused.
 */
import type { Buffer, Memory } from "@ropewalk/backend";
import { show } from "@ropewalk/check";

export type CacheMemory = Memory & {
  /** Gives one buffer back. */
  readonly free: (buffer: Buffer) => void;
  /** Gives all of them back, those of a run that was cut off as well. */
  readonly freeAll: () => void;
};

/** Memory that knows what it has given out. */
export const cacheMemory = ({ name, allocate }: Memory): CacheMemory => {
  const held = new Set<Buffer>();
  return {
    name,
    allocate: (...asked) => {
      const buffer = allocate(...asked);
      held.add(buffer);
      return buffer;
    },
    free: (buffer) => {
      if (held.delete(buffer)) buffer.release();
    },
    freeAll: () => {
      const all = [...held];
      held.clear();
      for (const buffer of all) buffer.release();
    },
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
