/** Bands that an export is not written for, where the caller keeps the cache: near and far, and a window, are told from lengths alone. */
import type { ExtendedGroup } from "@ropewalk/context-extension";
import { refuse } from "../../errors.ts";

type Bands = Pick<ExtendedGroup, "positions">;

const inWords = ({ covers, from, to, chunkLen }: Bands["positions"]["bands"][number]): string => {
  if (covers !== undefined) return "one of another rule";
  return `[${from}, ${to})${chunkLen === undefined ? "" : ` in chunks of ${chunkLen}`}`;
};

export const refuseMasks = ({ positions: { name, bands } }: Bands): never =>
  refuse(
    `bands must be [0, ∞), or [0, window), or [0, window) and [window, ∞) for runtime "portable", got ` +
      `${bands.map(inWords).join(" and ")} of ${name}`,
  );
