/** An extension on an export whose cache `@ropewalk/generation` keeps. */
import { cacheFormats, cachePrecisions, attentionPathName, type ExtendedDecoder } from "@ropewalk/decoder";
import { refuse } from "../../errors.ts";
import type { RopewalkMetadata } from "../../metadata/metadata.ts";
import type { ReadExport } from "../../recognise/read-export.ts";
import { checkMade } from "../../graph/topology.ts";
import { rewriteAsChunk, type ChunkRewrite } from "./rewrite-as-chunk.ts";

/** Refuses a cache that an export's own products do not go with. */
export const checkCache = ({ cache }: ExtendedDecoder): void => {
  const fit = cachePrecisions.filter((name) => cacheFormats[name].forExports);
  if (!fit.includes(cache))
    refuse(`cache must be ${fit.join(" or ")} for an export, whose products are its own, got ${cache}`);
};

/**
 * Rewrites what was read; changes it.
 *
 * @returns what the graph was made for, to be written down with it
 */
export const putOnCache = (
  { extended, operators, attentions }: Omit<ChunkRewrite, "attentionMatches">,
  { proto, attentionMatches }: Pick<ReadExport, "proto" | "attentionMatches">,
): NonNullable<RopewalkMetadata["chunk"]> => {
  checkCache(extended);
  rewriteAsChunk({ extended, attentionMatches, operators, attentions }, proto);
  checkMade(proto.graph!);
  const { decoder, cache } = extended;
  return { decoder, layout: attentionPathName(extended), cache };
};
