import { cacheFormats, cachePrecisions, type ExtendedDecoder } from "@ropewalk/decoder";
import { refuse } from "../../errors.ts";

/** Refuses a cache whose keys and values need products that an export does not have. */
export const checkCache = ({ cache }: ExtendedDecoder): void => {
  const possible = cachePrecisions.filter((precision) => cacheFormats[precision].forExports);
  if (!possible.includes(cache))
    refuse(`cache must be ${possible.join(" or ")} for an export, whose products are its own, got ${cache}`);
};
