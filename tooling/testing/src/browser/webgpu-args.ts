/**
 * Chromium's arguments for tests on WebGPU, where a software driver does without a GPU.
 *
 * WGSL zeroes a workgroup's memory before a shader reads it. Dawn leaves this to the driver where the driver can do it, and Chromium's
 * software driver spends more than half of a run's time on it. Told to write the zeroes into the shader itself, Dawn gives the same
 * results in less than half of the time.
 */
const zeroesByDriver = "use_vulkan_zero_initialize_workgroup_memory_extension";

/** For Dawn wherever it runs: the zeroes are written by the shader. */
export const zeroesByShader: string = `disable-dawn-features=${zeroesByDriver}`;

export const webgpuArgs: readonly string[] = ["--enable-unsafe-webgpu", `--${zeroesByShader}`];
