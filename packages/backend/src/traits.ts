/** The fields shared by all backends whose buffers are in JavaScript's memory and which have all operators of ONNX Runtime's CPU. */
import type { Backend } from "./backend.ts";
import { hostBuffer } from "./host-buffer.ts";

export const hostTraits: Pick<
  Backend,
  "operators" | "attention" | "precision" | "weightTypes" | "bufferTypes" | "allocate"
> = {
  operators: "all",
  attention: "operators",
  precision: "float32",
  weightTypes: ["float32", "float16", "bfloat16"],
  bufferTypes: ["float32", "int8"],
  allocate: hostBuffer,
};
