/** A device's limits, by WebGPU's names; a `GPUSupportedLimits` has this type. */
export type DeviceLimits = {
  /** Bytes of workgroup memory. */
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  /** Workgroups along each axis of a dispatch. */
  readonly maxComputeWorkgroupsPerDimension: number;
  /** Bytes of one bound buffer. */
  readonly maxStorageBufferBindingSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
};

/** The limits that every WebGPU device has without asking for more. */
export const defaultLimits: DeviceLimits = {
  maxComputeWorkgroupStorageSize: 16_384,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupsPerDimension: 65_535,
  maxStorageBufferBindingSize: 134_217_728,
  maxStorageBuffersPerShaderStage: 8,
};

/** @throws RangeError naming the limit and both numbers. */
export const checkLimit = (
  where: string,
  limits: DeviceLimits,
  limit: keyof DeviceLimits,
  what: string,
  needed: number,
): void => {
  if (needed > limits[limit])
    throw new RangeError(`${where}: ${what} must be at most ${limits[limit]} (${limit}), got ${needed}`);
};
