/** An extension on an export whose cache `@ropewalk/generation` keeps. */
import { cacheFormats, cachePrecisions, type ExtendedDecoder, type Operators } from "@ropewalk/decoder";
import { refuse } from "../check.ts";
import type { Mark } from "../metadata.ts";
import type { ReadExport } from "../read-export.ts";
import { refuseMasks } from "../refuse-masks.ts";
import type { AttentionSite } from "../site.ts";
import { checkMade } from "../topology.ts";
import { rewriteAsChunk } from "./rewrite-chunk.ts";

/** Refuses what that cache does not do, or not for one layer alone. */
export const checkSites = (
  sites: readonly AttentionSite[],
  { ownPositions, cache, layout, positions, decoder: { slidingWindow } }: ExtendedDecoder,
): void => {
  if (layout.kind === "masked" || layout.kind === "chunked") refuseMasks({ positions });
  const fit = cachePrecisions.filter((name) => cacheFormats[name].forExports);
  if (!fit.includes(cache))
    refuse(`cache must be ${fit.join(" or ")} for an export, whose products are its own, got ${cache}`);
  for (const { node, softcap, window } of sites) {
    if (softcap !== 0) refuse(`node "${node}" must have no softcap where generation keeps the cache, got ${softcap}`);
    if (ownPositions && window !== slidingWindow)
      refuse(
        `node "${node}" must slide as all layers do where generation keeps the cache (window ${slidingWindow ?? "none"}), got ${window ?? "none"}`,
      );
  }
};

/**
 * Rewrites what was read; changes it.
 *
 * @returns what the graph was made for, to be written down with it
 */
export const putOnCache = (
  { extended, operators }: { readonly extended: ExtendedDecoder; readonly operators: Operators },
  { proto, sites }: Pick<ReadExport, "proto" | "sites">,
): NonNullable<Mark["chunk"]> => {
  checkSites(sites, extended);
  rewriteAsChunk({ extended, sites, operators }, proto);
  checkMade(proto.graph!);
  const { decoder, layout, cache } = extended;
  return { decoder, layout: layout.kind, cache };
};
