/**
 * The GPU in onnxruntime-node. Tensors on the device are opaque, so small graphs allocate, copy and read them.
 *
 * These facts were found by experiment with version 1.30:
 *
 *   - a tensor on the device is a handle; a tensor made from this handle with other dims is the same memory from its start on, so
 *     the beginning of a buffer, or a buffer as rows of another width, is fed without a copy
 *   - if such a tensor is given as an output, the result is computed into it, in sessions without a preferred location of outputs
 *   - a scatter whose input and output are the same memory writes only the scattered elements
 *   - a session reuses the outputs, and their shapes, that its last run requested, so every run requests all outputs
 *   - a tensor's `getData` ends the process, but an output comes back from a session whose output location is the CPU
 */
import { sizeOf, type ExternalData, type HostTensor, type TensorData, type TensorType } from "@ropewalk/backend";
import { externalFiles, reason } from "@ropewalk/backend/host";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { Device, Placed } from "../device.ts";
import { noHalves, type BackendPrecision } from "../options.ts";
import { deviceSession } from "../session.ts";
import { batchSizes, inBatches, type BatchSize } from "./batches.ts";
import { graphs } from "./graphs.ts";
import { loadRuntime } from "./runtime.ts";
import { copyRows } from "./rows.ts";

type Runtime = Awaited<ReturnType<typeof loadRuntime>>;

/** A tensor on the device, whatever its dims. */
export type GpuMemory = { readonly tensor: Tensor };

const options = (externalData: readonly ExternalData[]): InferenceSession.SessionOptions => {
  const { bytes, entries } = externalFiles("webgpu", externalData);
  return {
    executionProviders: ["webgpu"],
    // Failures are thrown as errors; the runtime would also print them.
    logSeverityLevel: 4,
    enableMemPattern: false,
    externalData: bytes,
    extra: {
      session: {
        // Nothing falls back to the CPU.
        disable_cpu_ep_fallback: "1",
        ...entries,
      },
    },
  };
};

type View = (buffer: ArrayBuffer, offset: number, length: number) => TensorData;

/** For each type, the bytes of an element, and the function that views bytes as elements. */
const elements: Readonly<Record<TensorType, { readonly width: number; readonly view: View }>> = {
  float64: { width: 8, view: (...at) => new Float64Array(...at) },
  float16: { width: 2, view: (...at) => new Uint16Array(...at) },
  float32: { width: 4, view: (...at) => new Float32Array(...at) },
  int8: { width: 1, view: (...at) => new Int8Array(...at) },
  int32: { width: 4, view: (...at) => new Int32Array(...at) },
  int64: { width: 8, view: (...at) => new BigInt64Array(...at) },
};

const noAdapter =
  "webgpu: a GPU adapter is needed, got none: on Linux a Vulkan loader (libvulkan1) and a GPU's driver must be installed, " +
  "on macOS and Windows the GPU must be enabled";

const create = (
  { InferenceSession }: Runtime,
  model: Uint8Array,
  settings: InferenceSession.SessionOptions,
): Promise<InferenceSession> =>
  InferenceSession.create(model, settings).catch((error: Error) => {
    throw /adapter/i.test(error.message) ? new Error(noAdapter, { cause: error }) : error;
  });

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/** Checks that the adapter has float16, by running a small graph: the runtime does not list the adapter's features. */
const checkHalves = async (runtime: Runtime): Promise<void> => {
  const session = await create(runtime, bytesOf(graphs.half), options([]));
  const x = new runtime.Tensor("float32", Float32Array.of(1), [1]);
  try {
    await session.run({ x }, ["out"]);
  } catch (error) {
    throw error instanceof Error && error.message.includes("f16") ? new Error(noHalves, { cause: error }) : error;
  } finally {
    await session.release();
  }
};

export const openDevice = async (precision: BackendPrecision): Promise<Device<GpuMemory>> => {
  const runtime = await loadRuntime();
  const { Tensor } = runtime;
  if (precision === "float16") await checkHalves(runtime);
  const kept = { preferredOutputLocation: "gpu-buffer" } as const;
  const zeros = await create(runtime, bytesOf(graphs.zeros), { ...options([]), ...kept });
  const scatters = Object.fromEntries(
    await Promise.all(
      batchSizes.map(async (size) => [size, await create(runtime, bytesOf(graphs.copies[size]), options([]))] as const),
    ),
  ) as Readonly<Record<BatchSize, InferenceSession>>;
  const download = await create(runtime, bytesOf(graphs.download), options([]));

  const placed = ({ tensor }: GpuMemory, type: Tensor.GpuBufferDataTypes, dims: readonly number[]): Tensor =>
    Tensor.fromGpuBuffer(tensor.gpuBuffer, { dataType: type, dims });
  const hosted = ({ type, data, dims }: HostTensor): Tensor => {
    const tensor = new Tensor(type, data, dims);
    // If JavaScript has a Float16Array, the runtime's tensor holds one, which the native part reads as empty.
    return type === "float16" ? Object.defineProperty(tensor, "data", { value: data }) : tensor;
  };
  const toRuntime = (tensor: HostTensor | Placed<GpuMemory>): Tensor =>
    tensor.place === "host"
      ? hosted(tensor)
      : placed(tensor.memory, tensor.type as Tensor.GpuBufferDataTypes, tensor.dims);

  return {
    limit: undefined,
    allocate: async (words) => {
      const shape = new Tensor("int64", BigInt64Array.of(BigInt(words)), [1]);
      const { out } = await zeros.run({ shape }, ["out"]).catch((error: Error) => {
        throw new RangeError(`webgpu: a buffer of ${4 * words} bytes could not be made: ${reason(error)}`, {
          cause: error,
        });
      });
      return { tensor: out as Tensor };
    },
    copy: async (asked) => {
      for (const { size, copies } of inBatches(asked)) {
        const { unit, from, to, fromRows, toRows } = copyRows(copies[0]!);
        const feeds: Record<string, Tensor> = {
          from: new Tensor("int32", from, [from.length]),
          to: new Tensor("int32", to, [to.length, 1]),
        };
        const outputs: Record<string, Tensor> = {};
        for (const [n, { source, target }] of copies.entries()) {
          feeds[`source.${n}`] =
            source instanceof Float32Array
              ? new Tensor("float32", source.subarray(0, fromRows * unit), [fromRows, unit])
              : placed(source, "float32", [fromRows, unit]);
          feeds[`target.${n}`] = outputs[`out.${n}`] = placed(target, "float32", [toRows, unit]);
        }
        await scatters[size].run(feeds, outputs);
      }
    },
    read: async ({ type, dims, memory }) => {
      const size = sizeOf(dims);
      const { width, view } = elements[type];
      // The bytes of any type come back unchanged as int32.
      const x = placed(memory, "int32", [Math.ceil((size * width) / 4)]);
      const { out } = await download.run({ x }, ["out"]);
      const { buffer, byteOffset } = out!.data as Int32Array<ArrayBuffer>;
      return view(buffer, byteOffset, size);
    },
    free: ({ tensor }) => tensor.dispose(),
    createSession: async (model, externalData) => {
      const session = await create(runtime, model, { ...options(externalData), ...kept });
      const opened = deviceSession<GpuMemory, Tensor>(session, { toRuntime, memoryOf: (tensor) => ({ tensor }) });
      return {
        ...opened,
        run: async (feeds, wanted) => {
          const results = Object.entries(await opened.run(feeds, opened.outputs));
          for (const [output, result] of results)
            if (!wanted.includes(output) && result.place === "memory") result.memory.tensor.dispose();
          return Object.fromEntries(results.filter(([output]) => wanted.includes(output)));
        },
      };
    },
  };
};
