import { showName } from "@ropewalk/check";
import type { NodeProto } from "@ropewalk/graph";

/** A node as messages name it. */
export const nameOf = ({ name, opType, output }: NodeProto): string =>
  `node "${showName(name === "" ? (output.find((value) => value !== "") ?? "") : name)}" (${showName(opType)})`;
