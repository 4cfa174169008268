/** Refuses bands that need a mask of their own. A portable graph tells only near from far, and a window, which lengths alone decide. */
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
