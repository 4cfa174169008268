/** Requests the page's GPU device with all limits of its adapter. */

/** The limits that the runtime's kernels need. They are requested as high as the adapter allows. */
const limits = [
  "maxBindGroups",
  "maxBufferSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
] as const;

/** The features for which the runtime has faster kernels, or which float16 needs. They are requested if the adapter has them. */
const features = ["shader-f16", "subgroups"] as const;

/** @throws Error saying what is missing: WebGPU in this page, or an adapter */
export const requestDevice = async (): Promise<GPUDevice> => {
  // In a page that is not a secure context `gpu` is undefined, whatever its type says.
  const gpu = (navigator as { readonly gpu?: GPU }).gpu;
  if (gpu === undefined)
    throw new Error(
      "webgpu: the page needs navigator.gpu, got none: WebGPU is for browsers that have it, on https or localhost",
    );
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null)
    throw new Error(
      "webgpu: a GPU adapter is needed, got none: WebGPU must be enabled for this GPU (chrome://gpu tells; --enable-unsafe-webgpu)",
    );
  return adapter.requestDevice({
    requiredLimits: Object.fromEntries(limits.map((limit) => [limit, adapter.limits[limit]])),
    requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
  });
};
