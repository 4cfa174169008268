/** Bands that an export is not written for: near and far, and a window, are told from lengths alone in its graph. */
import type { ExtendedContext } from "@ropewalk/context-extension";
import { refuse } from "./check.ts";

type Bands = Pick<ExtendedContext, "positions">;

export const refuseMasks = ({ positions: { name, bands } }: Bands): never =>
  refuse(
    `bands must be [0, ∞), or [0, window), or [0, window) and [window, ∞) for an export, got ` +
      `${bands.map(({ covers, from, to }) => (covers ? "one of another rule" : `[${from}, ${to})`)).join(" and ")} of ${name}`,
  );
