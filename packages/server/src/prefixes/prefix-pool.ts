/**
 * The prefixes that a model has read for requests and keeps. When they hold more bytes than the limit, the least recently used are
 * released first. Bytes that several prefixes share count once. A run uses the longest prefix that its ids begin with.
 */
import type { ServedModel, ServedPrefix } from "../models.ts";
import { beginsWith, commonLength } from "./common-beginning.ts";

export type PrefixPool = {
  /** The bytes held at the end of the last request. */
  readonly bytes: () => number;
  readonly count: () => number;
  /** How many of the ids were read before: the length of the longest prefix that they begin with. */
  readonly known: (ids: readonly number[]) => number;
  /** The longest prefix that the ids begin with. It counts as used now. */
  readonly nearest: (ids: readonly number[]) => ServedPrefix | undefined;
  /** The most first ids that these have in common with an earlier request. These ids are remembered for later calls. */
  readonly parting: (ids: readonly number[]) => number;
  /** Keeps a prefix. From then on the pool releases it. */
  readonly add: (prefix: ServedPrefix) => Promise<void>;
  /** Releases prefixes until the rest is within the limit. */
  readonly trim: () => Promise<void>;
  /** Releases all prefixes. */
  readonly clear: () => Promise<void>;
};

/** The most ids of earlier requests that are remembered, all requests together. */
const remembered = 1 << 20;

/** @param limit - the most bytes to keep; 0: nothing is kept */
export const createPool = (model: Pick<ServedModel, "prefixBytes">, limit: number): PrefixPool => {
  /** The least recently used first. */
  let kept: readonly ServedPrefix[] = [];
  let recent: readonly Int32Array[] = [];
  let bytes = 0;
  const longest = (ids: readonly number[]): ServedPrefix | undefined =>
    kept
      .filter((each) => beginsWith(ids, each.ids))
      .reduce<ServedPrefix | undefined>(
        (best, each) => (best === undefined || each.ids.length > best.ids.length ? each : best),
        undefined,
      );
  const use = (prefix: ServedPrefix): void => {
    kept = [...kept.filter((each) => each !== prefix), prefix];
  };
  const remember = (ids: readonly number[]): void => {
    const others = recent.filter((each) => !beginsWith(ids, each));
    recent = [...others, Int32Array.from(ids)];
    let all = recent.reduce((sum, { length }) => sum + length, 0);
    while (all > remembered && recent.length > 1) {
      all -= recent[0]!.length;
      recent = recent.slice(1);
    }
  };
  return {
    bytes: () => bytes,
    count: () => kept.length,
    known: (ids) => longest(ids)?.ids.length ?? 0,
    nearest: (ids) => {
      const found = longest(ids);
      if (found !== undefined) use(found);
      return found;
    },
    parting: (ids) => {
      const length = recent.reduce((most, each) => Math.max(most, commonLength(ids, each)), 0);
      if (limit > 0) remember(ids);
      return length;
    },
    add: async (prefix) => {
      const same = kept.find(({ ids }) => ids.length === prefix.ids.length && beginsWith(ids, prefix.ids));
      if (same === undefined) return use(prefix);
      use(same);
      await prefix.release();
    },
    clear: async () => {
      const all = kept;
      [kept, recent, bytes] = [[], [], 0];
      for (const prefix of all) await prefix.release();
    },
    trim: async () => {
      bytes = kept.length === 0 ? 0 : await model.prefixBytes(kept);
      while (bytes > limit && kept.length > 0) {
        const [oldest, ...others] = kept;
        kept = others;
        await oldest!.release();
        bytes = await model.prefixBytes(kept);
      }
    },
  };
};
