/** Where a check runs: Node, or a page, which has no disk. */
import type { CheckpointFolder } from "@ropewalk/models";

/** A model's folder, from the repository's root. */
export type OpenModelFolder = (path: string) => Promise<CheckpointFolder>;
