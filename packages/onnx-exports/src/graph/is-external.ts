import type { TensorProto } from "@ropewalk/graph";

const external = 1;

/** Whether a tensor's elements lie in a file beside the model. */
export const isExternal = ({ dataLocation }: TensorProto): boolean => dataLocation === external;
