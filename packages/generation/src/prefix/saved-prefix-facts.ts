/** What a saved prefix says of itself: whose it is and how long. Its model need not be there. */
import type { ExtensionRecord } from "@ropewalk/context-extension";
import type { CachePrecision } from "@ropewalk/decoder";
import { readStated } from "./open-file.ts";

export type SavedPrefixFacts = {
  /** The model's name, and the fingerprint of its weights. */
  readonly model: string;
  readonly weights: string;
  readonly extension: ExtensionRecord;
  /** In words. */
  readonly positions: string;
  readonly cache: CachePrecision;
  readonly ids: readonly number[];
  /** Of the file. */
  readonly bytes: number;
};

/**
 * Reads what a saved prefix is.
 *
 * @throws RangeError or TypeError naming the file, where it is none
 */
export const savedPrefixFacts = async (path: string | URL): Promise<SavedPrefixFacts> => {
  const { withFile } = await import("@ropewalk/models/files");
  return withFile("savedPrefixFacts", path, async (source) => {
    const { record, ids } = await readStated(`savedPrefixFacts: ${path instanceof URL ? path.href : path}`, source);
    const { model, weights, extension, positions, cache } = record;
    return { model, weights, extension, positions, cache, ids, bytes: source.size };
  });
};
