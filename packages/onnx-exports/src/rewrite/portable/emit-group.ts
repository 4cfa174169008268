/** A group of layers that attend alike, with its place among all groups. */
import type { ExtendedGroup } from "@ropewalk/context-extension";

export type EmitGroup = Pick<ExtendedGroup, "positions" | "attentionPath" | "rope" | "entropy"> & {
  /** From 0. It is part of the names of shared values, except in the first group. */
  readonly place: number;
};
