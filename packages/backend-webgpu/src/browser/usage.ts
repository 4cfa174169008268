/** GPUBufferUsage as the specification numbers it: TypeScript's DOM library has WebGPU's types and not its constants. */
export const usages = { copySource: 0x4, copyTarget: 0x8, uniform: 0x40, storage: 0x80 } as const;
