export { webgpu } from "./node/webgpu.ts";
export type { WebGpuOptions } from "./options.ts";
