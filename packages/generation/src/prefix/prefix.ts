/**
 * A prefix is a text that was read, as a value. The first n - 1 of its n tokens are in a cache that nobody writes to. The last token is run
 * together with the tokens that follow the prefix, so that there are logits even where no token follows.
 */
import { show, showName } from "@ropewalk/check";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import type { KeyValueCache } from "../cache/cache.ts";
import type { Prompt } from "../text/prompt.ts";
import type { ReadOptions } from "./read-prompt.ts";
import type { FileOptions } from "./save-file.ts";

export type Prefix = {
  readonly ids: readonly number[];
  /** The cache of all tokens but the last. A loop of your own runs on a fork of it, made by `forkCache`. */
  readonly cache: KeyValueCache;
  /** Bytes of its memory, shared memory included. */
  readonly bytes: number;
  /** Gives another prefix: this text with more text after it. This prefix stays as it is. */
  readonly extend: (more: Prompt, options?: ReadOptions) => Promise<Prefix>;
  /**
   * Writes the prefix to a file, whole, in place of one that is there, for `open` of a model of the same weights under the same extension: in Node
   * on the disk, in a browser in the origin's private file system. Gives the file's bytes.
   */
  readonly save: (path: string | URL, options?: FileOptions) => Promise<number>;
  /** Gives back the memory that no run and no other prefix holds. Calling it again is allowed. */
  readonly release: () => void;
};

/** A prefix that a run can follow, of a model here or of a model in a worker. It must be of the model that runs. */
export type AnyPrefix = Pick<Prefix, "ids" | "bytes">;

/** The prefix that a finished run leaves, here or in a worker. */
export type LeftPrefix = AnyPrefix & {
  readonly extend: (more: Prompt, options?: ReadOptions) => Promise<AnyPrefix>;
  readonly release: () => unknown;
};

/** @throws TypeError for a value that is no prefix */
export const isPrefix = (where: string, name: string, value: unknown): void => {
  const { ids, cache } = { ...(value as Partial<Prefix> | undefined) };
  if (Array.isArray(ids) && cache?.life !== undefined) return;
  const hint = value instanceof Promise ? "; it must be awaited" : "";
  throw new TypeError(`${where}: ${name} must be a prefix, which read of the model gives, got ${show(value)}${hint}`);
};

/** @throws TypeError where the prefix is released, or of another model or extension */
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

/** The prefix that a run follows, checked; undefined where the run follows none. */
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
