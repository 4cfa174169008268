/** The facts that the file of a saved prefix states: its model, its extension and its tokens. The model itself is not needed. */
import type { ExtensionRecord } from "@ropewalk/context-extension";
import type { CachePrecision } from "@ropewalk/decoder";
import { readStated } from "./open-file.ts";

export type SavedPrefixFacts = {
  /** The model's name, and the fingerprint of its weights. */
  readonly model: string;
  readonly weights: string;
  readonly extension: ExtensionRecord;
  /** The positions in words. */
  readonly positions: string;
  readonly cache: CachePrecision;
  readonly ids: readonly number[];
  /** Size of the file. */
  readonly bytes: number;
};

/**
 * Reads the facts of a saved prefix.
 *
 * @throws RangeError or TypeError naming the file, where it holds no prefix
 */
export const savedPrefixFacts = async (path: string | URL): Promise<SavedPrefixFacts> => {
  const { withFile } = await import("@ropewalk/models/files");
  return withFile("savedPrefixFacts", path, async (source) => {
    const { record, ids } = await readStated(`savedPrefixFacts: ${path instanceof URL ? path.href : path}`, source);
    const { model, weights, extension, positions, cache } = record;
    return { model, weights, extension, positions, cache, ids, bytes: source.size };
  });
};
