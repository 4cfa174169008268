/** ONNX Runtime's native WebGPU provider, in Node: Vulkan, Metal or Direct3D 12, by way of Dawn. */
import type { Backend } from "@ropewalk/backend";
import { backendOver } from "../backend.ts";
import { checkedOptions, type WebGpuOptions } from "../options.ts";
import { openDevice } from "./device.ts";

/**
 * The GPU. It is not looked for before a session is made; then a missing adapter is an error that says what is needed.
 *
 * @throws TypeError when a device is given, because the runtime has its own in Node, for a value of another type and an unknown
 *   key; RangeError for an unknown precision, and for attention by the kernel, which needs the runtime's device
 */
export const webgpu = (options: WebGpuOptions = {}): Backend => {
  const { precision, attention } = checkedOptions(options);
  if (options.device !== undefined)
    throw new TypeError("webgpu: device must be left out in Node, where the runtime has its own, got one");
  if (attention !== "operators")
    throw new RangeError(
      `webgpu: attention must be operators in Node, where the runtime shares neither its device nor its buffers, got ${attention}`,
    );
  return backendOver(() => openDevice(precision), {
    ...options,
    precision,
    attention,
    weightTypes: ["float32", "float16", "bfloat16"],
  });
};
