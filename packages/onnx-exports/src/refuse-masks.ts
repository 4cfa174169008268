/** Bands that an export is not written for: near and far, and a window, are told from lengths alone in its graph. */
import type { ExtendedContext } from "@ropewalk/context-extension";
import { refuse } from "./check.ts";

type Bands = Pick<ExtendedContext, "positions">;

const inWords = ({ covers, from, to, chunkLen }: Bands["positions"]["bands"][number]): string => {
  if (covers !== undefined) return "one of another rule";
  return `[${from}, ${to})${chunkLen === undefined ? "" : ` in chunks of ${chunkLen}`}`;
};

export const refuseMasks = ({ positions: { name, bands } }: Bands): never =>
  refuse(
    `bands must be [0, ∞), or [0, window), or [0, window) and [window, ∞) for an export, got ` +
      `${bands.map(inWords).join(" and ")} of ${name}`,
  );
