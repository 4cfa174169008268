/** Sessions of graphs that hold attention as a node: they are cut there, and the kernel runs on the runtime's own device and buffers. */
import { kernelNode } from "@ropewalk/attention-merge/wgsl";
import { decode, type NodeProto } from "@ropewalk/graph";
import type { GpuMemory } from "../browser/device.ts";
import { usages } from "../browser/usage.ts";
import type { DeviceSession } from "../device.ts";
import { cutModel } from "./cut-model.ts";
import { cutSession, type CutDevice } from "./cut-session.ts";
import { pipelinesOf } from "./pipelines.ts";
import { kernelRunner } from "./run-kernel.ts";

const isKernel = ({ domain, opType }: NodeProto): boolean =>
  domain === kernelNode.domain && opType === kernelNode.opType;

export type OpenedKernel = {
  /** @param openGraph - makes a session of the runtime */
  readonly openCut: (
    model: Uint8Array,
    openGraph: CutDevice<GpuMemory>["openGraph"],
  ) => Promise<DeviceSession<GpuMemory>>;
};

export const openKernel = (device: GPUDevice): OpenedKernel => {
  const pipelines = pipelinesOf(device);
  const upload: CutDevice<GpuMemory>["upload"] = ({ type, dims, data }) => {
    const size = Math.ceil(data.byteLength / 16) * 16;
    const buffer = device.createBuffer({ size, usage: usages.storage | usages.copySource | usages.copyTarget });
    device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
    return { place: "memory", type, dims, memory: { buffer, free: () => buffer.destroy() } };
  };
  return {
    openCut: async (bytes, openGraph) => {
      const model = decode(bytes);
      if (!model.graph!.node.some(isKernel)) return openGraph(bytes);
      const { prepare, release } = kernelRunner(device, pipelines);
      const free = ({ free: end }: GpuMemory): void => end();
      return cutSession(model, cutModel(model, isKernel), { openGraph, prepare, upload, free, release });
    },
  };
};
