/**
 * A prefix: a text that was read, as a value. Of its n tokens the first n - 1 are in a cache, which nobody writes to; the last one is run
 * with what comes behind it, so that it has logits even where nothing does.
 */
import { show, showName } from "@ropewalk/check";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";
import type { Prompt } from "../text/prompt.ts";
import type { ReadOptions } from "./read-prompt.ts";
import type { FileOptions } from "./save-file.ts";

export type Prefix = {
  readonly ids: readonly number[];
  /** All tokens but the last, for loops of one's own: `forkCache` of it. */
  readonly cache: KeyValueCache;
  /** Of its memory, with what it shares with others. */
  readonly bytes: number;
  /** The same text with more behind it; this one stays as it is. */
  readonly extend: (more: Prompt, options?: ReadOptions) => Promise<Prefix>;
  /**
   * Writes it to a file, whole, in place of one that is there, for `open` of a model of the same weights under the same extension: in Node
   * on the disk, in a browser in the origin's private file system. Gives the file's bytes.
   */
  readonly save: (path: string | URL, options?: FileOptions) => Promise<number>;
  /** Gives back what no run and no other prefix holds; doing so again is fine. */
  readonly release: () => void;
};

/** A prefix where a run is asked to stand behind one: it must be of the same model. One of a model in a worker is another value. */
export type AnyPrefix = Pick<Prefix, "ids" | "bytes">;

/** What a run leaves, in its model or in a worker. */
export type LeftPrefix = AnyPrefix & {
  readonly extend: (more: Prompt, options?: ReadOptions) => Promise<AnyPrefix>;
  readonly release: () => unknown;
};

/** @throws TypeError for what `read` never gave */
export const isPrefix = (where: string, name: string, value: unknown): void => {
  const { ids, cache } = { ...(value as Partial<Prefix> | undefined) };
  if (Array.isArray(ids) && cache?.life !== undefined) return;
  const hint = value instanceof Promise ? "; it must be awaited" : "";
  throw new TypeError(`${where}: ${name} must be a prefix, which read of the model gives, got ${show(value)}${hint}`);
};

/** @throws TypeError unless it can be gone on from under this extension */
export const checkUsable = (where: string, name: string, { cache }: Prefix, extended: ExtendedDecoder): void => {
  if (cache.life.state === "released")
    throw new TypeError(`${where}: ${name} must be a prefix that is not released, nor its model, got one that is`);
  if (cache.extended !== extended) {
    const { name: model = "another model", positions } = cache.extended;
    throw new TypeError(
      `${where}: ${name} must be a prefix that this model read under this extension, got one of ${showName(model)} under ` +
        positions.name,
    );
  }
};

/** What a run stands behind, if anything, as the prefix that it must be. */
export const behindWhat = (
  where: string,
  after: AnyPrefix | undefined,
  extended: ExtendedDecoder,
): Prefix | undefined => {
  if (after === undefined) return undefined;
  isPrefix(where, "after", after);
  checkUsable(where, "after", after as Prefix, extended);
  return after as Prefix;
};
