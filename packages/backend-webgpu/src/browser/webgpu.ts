/** ONNX Runtime in a browser, on the page's GPU. Its buffers are GPUBuffers of the same device. */
import type { Backend } from "@ropewalk/backend";
import { backendOver } from "../backend.ts";
import { checkedOptions, type WebGpuOptions } from "../options.ts";
import { openDevice } from "./device.ts";

/**
 * The GPU. It is not looked for before a session is made; then a missing adapter is an error that says what is needed.
 *
 * @throws TypeError when `device` is not a GPUDevice, for a value of another type and an unknown key; RangeError for an unknown
 *   precision or attention, and for both together that do not go together
 */
export const webgpu = (options: WebGpuOptions = {}): Backend => {
  const { precision, attention } = checkedOptions(options);
  const { device, onRead } = options;
  // The runtime in a browser cannot widen bfloat16.
  const traits = { ...(onRead && { onRead }), precision, attention, weightTypes: ["float32", "float16"] } as const;
  if (device === undefined) return backendOver(() => openDevice(undefined, traits), traits);
  if (typeof GPUDevice === "undefined" || !(device instanceof GPUDevice))
    throw new TypeError(`webgpu: device must be a GPUDevice, got ${Object.prototype.toString.call(device)}`);
  return backendOver(() => openDevice(device, traits), traits);
};
