/** The GPU as a page has it: buffers are WebGPU's own, and the runtime computes on the same device. */
import type { ExternalData, TensorData } from "@ropewalk/backend";
import type { InferenceSession, Tensor } from "onnxruntime-web/webgpu";
import type { Device, Placed } from "../device.ts";
import { requestDevice } from "./adapter.ts";
import { encodeCopies } from "./copies.ts";
import { watch } from "./errors.ts";
import { usages } from "./usage.ts";

/** A buffer of one's own, or one that the runtime made for an output, with the way to give it back. */
export type GpuMemory = { readonly buffer: GPUBuffer; readonly free: () => void };

type Type = Placed<GpuMemory>["type"];

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

export const openDevice = async (shared: GPUDevice | undefined): Promise<Device<GpuMemory>> => {
  const { InferenceSession, Tensor, env } = await import("onnxruntime-web/webgpu");
  // Threads are for operators on the CPU, and none runs there.
  env.wasm.numThreads = 1;
  const device = shared ?? (await requestDevice());
  const { during } = watch(device);
  const options = (externalData: readonly ExternalData[]): InferenceSession.SessionOptions => ({
    executionProviders: [{ name: "webgpu", device }],
    // What goes wrong is told by errors; the runtime would print it as well.
    logSeverityLevel: 4,
    preferredOutputLocation: "gpu-buffer",
    externalData: externalData.map(external),
    // Nothing is computed elsewhere without being asked.
    extra: { session: { disable_cpu_ep_fallback: "1" } },
  });
  const asTensor = ({ type, dims, memory }: Placed<GpuMemory>): Tensor =>
    Tensor.fromGpuBuffer(memory.buffer, { dataType: type as Tensor.GpuBufferDataTypes, dims });
  const outputs = new WeakMap<GpuMemory, Tensor>();

  return {
    limit: limitOf(device),
    allocate: (length) => {
      const size = Math.ceil((4 * length) / grain) * grain;
      const usage = usages.storage | usages.copySource | usages.copyTarget;
      return during(`a buffer of ${size} bytes`, () => {
        const buffer = device.createBuffer({ size, usage });
        return { buffer, free: () => buffer.destroy() };
      });
    },
    copy: (copies) => during("copies on the device", () => encodeCopies(device, copies)),
    read: ({ memory }) => during("reading an output", async () => (await outputs.get(memory)!.getData()) as TensorData),
    free: ({ free }) => free(),
    createSession: async (model, externalData) => {
      const session = await during("the graph", () => InferenceSession.create(model, options(externalData)));
      const { inputNames, outputNames } = session;
      return {
        inputs: inputNames,
        outputs: outputNames,
        run: async (feeds, wanted) => {
          const values = Object.fromEntries(
            Object.entries(feeds).map(([input, fed]) => [
              input,
              fed.place === "host" ? new Tensor(fed.type, fed.data, fed.dims) : asTensor(fed),
            ]),
          );
          const results = await during("a run of the graph", () => session.run(values, wanted));
          return Object.fromEntries(
            Object.entries(results).map(([output, tensor]) => {
              const { type, dims } = tensor as { type: Type; dims: readonly number[] };
              if (tensor.location !== "gpu-buffer")
                return [output, { place: "host", type, dims, data: tensor.data as TensorData }];
              const memory = { buffer: tensor.gpuBuffer as GPUBuffer, free: () => tensor.dispose() };
              outputs.set(memory, tensor as Tensor);
              return [output, { place: "memory", type, dims, memory }];
            }),
          );
        },
        release: () => session.release(),
      };
    },
  };
};
