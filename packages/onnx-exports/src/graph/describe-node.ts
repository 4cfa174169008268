import { showName } from "@ropewalk/check";
import type { NodeProto } from "@ropewalk/graph";

/** A node as errors name it: by its name, or else by its first result, and its operator. */
export const describeNode = ({ name, opType, output }: NodeProto): string => {
  const shown = name === "" ? (output.find((result) => result !== "") ?? "") : name;
  return `node "${showName(shown)}" (${showName(opType)})`;
};
