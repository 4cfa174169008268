/** The GPU in a page: buffers are GPUBuffers, and the runtime computes on the same device. */
import type { ExternalData, HostTensor } from "@ropewalk/backend";
import { startInPage } from "@ropewalk/backend/host";
import type { InferenceSession, Tensor } from "onnxruntime-web/webgpu";
import type { Device, DeviceSession, Placed } from "../device.ts";
import { noHalves, type BackendAttention, type BackendPrecision } from "../options.ts";
import { asBits, deviceSession } from "../session.ts";
import { requestDevice } from "./adapter.ts";
import { encodeCopies } from "./copies.ts";
import { watch } from "./errors.ts";
import { usages } from "./usage.ts";

/** A buffer that this backend made, or that the runtime made for an output, with a function that frees it. */
export type GpuMemory = { readonly buffer: GPUBuffer; readonly output?: Tensor; readonly free: () => void };

const external = (data: ExternalData): { readonly path: string; readonly data: Uint8Array } => {
  if (data.kind === "bytes") return { path: data.file, data: data.data };
  throw new TypeError(`webgpu: ${data.file} must be given as bytes in a browser, got the path ${data.folder}`);
};

/** The runtime's kernels copy 16 bytes at a time. */
const grain = 16;

const limitOf = ({ limits: { maxBufferSize, maxStorageBufferBindingSize } }: GPUDevice): Device<GpuMemory>["limit"] =>
  maxBufferSize < maxStorageBufferBindingSize
    ? { name: "maxBufferSize", bytes: maxBufferSize }
    : { name: "maxStorageBufferBindingSize", bytes: maxStorageBufferBindingSize };

export const openDevice = async (
  shared: GPUDevice | undefined,
  { precision, attention }: { readonly precision: BackendPrecision; readonly attention: BackendAttention },
): Promise<Device<GpuMemory>> => {
  const { InferenceSession, Tensor, env } = await import("onnxruntime-web/webgpu");
  // Threads are for operators on the CPU, where nothing runs.
  env.wasm.numThreads = 1;
  const device = shared ?? (await requestDevice());
  if (precision === "float16" && !device.features.has("shader-f16")) throw new Error(noHalves);
  const { during } = watch(device);
  const options = (externalData: readonly ExternalData[]): InferenceSession.SessionOptions => ({
    executionProviders: [{ name: "webgpu", device }],
    // Failures are thrown as errors; the runtime would also print them.
    logSeverityLevel: 4,
    preferredOutputLocation: "gpu-buffer",
    externalData: externalData.map(external),
    // Nothing falls back to the CPU.
    extra: { session: { disable_cpu_ep_fallback: "1" } },
  });
  await startInPage("webgpu", "ort-wasm-simd-threaded.asyncify.wasm", (model) =>
    during("the runtime's first graph", () => InferenceSession.create(model, options([]))),
  );
  const toRuntime = (tensor: HostTensor | Placed<GpuMemory>): Tensor => {
    if (tensor.place === "host") return new Tensor(tensor.type, tensor.data, tensor.dims);
    const { type, dims, memory } = tensor;
    return Tensor.fromGpuBuffer(memory.buffer, { dataType: type as Tensor.GpuBufferDataTypes, dims });
  };
  const memoryOf = (output: Tensor): GpuMemory => ({
    output,
    buffer: output.gpuBuffer as GPUBuffer,
    free: () => output.dispose(),
  });
  // Pages that do without the kernel do without its code.
  const kernel = attention === "kernel" ? (await import("../kernel/open-kernel.ts")).openKernel(device) : undefined;

  return {
    limit: limitOf(device),
    allocate: (words) => {
      const size = Math.ceil((4 * words) / grain) * grain;
      const usage = usages.storage | usages.copySource | usages.copyTarget;
      return during(`a buffer of ${size} bytes`, () => {
        const buffer = device.createBuffer({ size, usage });
        return { buffer, free: () => buffer.destroy() };
      });
    },
    copy: (copies) => during("copies on the device", () => encodeCopies(device, copies)),
    read: ({ memory }) => during("reading an output", async () => asBits(await memory.output!.getData())),
    free: ({ free }) => free(),
    createSession: async (model, externalData) => {
      const openGraph = async (graph: Uint8Array): Promise<DeviceSession<GpuMemory>> =>
        deviceSession<GpuMemory, Tensor>(
          await during("the graph", () => InferenceSession.create(graph, options(externalData))),
          { toRuntime, memoryOf },
        );
      const opened = kernel === undefined ? await openGraph(model) : await kernel.openCut(model, openGraph);
      const run: typeof opened.run = (feeds, wanted) => during("a run of the graph", () => opened.run(feeds, wanted));
      return { ...opened, run };
    },
  };
};
