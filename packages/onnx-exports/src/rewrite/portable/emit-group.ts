/** Layers that attend alike, as they are recorded: what an extension makes of them, and their place among the groups. */
import type { ExtendedGroup } from "@ropewalk/context-extension";

export type EmitGroup = Pick<ExtendedGroup, "positions" | "attentionPath" | "rope" | "entropy"> & {
  /** From 0; names of what the groups behind the first share have it in them. */
  readonly place: number;
};
