/** Compute pipelines of one device, by the text of their shader: each is compiled once. */
import type { PartsPass } from "@ropewalk/attention-merge/wgsl";

export type Pipelines = (pass: Pick<PartsPass, "code" | "entryPoint">) => Promise<GPUComputePipeline>;

export const pipelinesOf = (device: GPUDevice): Pipelines => {
  const made = new Map<string, Promise<GPUComputePipeline>>();
  return ({ code, entryPoint }) => {
    const known = made.get(code);
    if (known) return known;
    const pipeline = device.createComputePipelineAsync({
      layout: "auto",
      compute: { module: device.createShaderModule({ code }), entryPoint },
    });
    made.set(code, pipeline);
    // A device that had no room for it may have room later.
    pipeline.catch(() => made.delete(code));
    return pipeline;
  };
};
