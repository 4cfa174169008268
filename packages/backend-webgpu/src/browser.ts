export { webgpu } from "./browser/webgpu.ts";
export type { WebGpuOptions } from "./options.ts";
