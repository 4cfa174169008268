export { cpu, type CpuOptions } from "./cpu.ts";
export { cuda, type CudaOptions } from "./cuda.ts";
