/** The page's GPU, with all that its adapter allows. */

/** What the runtime's kernels ask of a device, as far as the adapter has it. */
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

/** What the runtime has faster kernels for, or weights in float16 need. */
const features = ["shader-f16", "subgroups"] as const;

/** @throws Error saying what is missing: WebGPU in this page, or an adapter */
export const requestDevice = async (): Promise<GPUDevice> => {
  // Where the page is no secure context there is no `gpu`, whatever its type says.
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
