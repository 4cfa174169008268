/** How the parts of a graph come by what they read, and what becomes of the keys and values that they make. */
import type { DataType, Dim, RecordOptions, Value } from "@ropewalk/graph";

export type Ports = {
  /** What the graph is fed under a name. */
  readonly read: (name: string, type: DataType, dims: readonly Dim[]) => Value;
  /**
   * Takes keys or values that are to be an output of that name.
   *
   * @param record - records them
   * @returns what the chunk itself attends to
   */
  readonly give: (name: string, record: (options?: RecordOptions) => Value) => Value;
};
