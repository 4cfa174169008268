/** A runtime's session on a device. Its tensors are translated both ways; a tensor on the device becomes memory. */
import type { HostTensor, TensorData } from "@ropewalk/backend";
import type { DeviceSession, Placed } from "./device.ts";

/** The part of a runtime's tensor that is used; onnxruntime-node and onnxruntime-web both have this shape. */
type RuntimeTensor = {
  readonly location: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: unknown;
};

type RuntimeSession<Tensor extends RuntimeTensor> = {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly run: (
    feeds: Readonly<Record<string, Tensor>>,
    fetches: readonly string[],
  ) => Promise<Readonly<Record<string, RuntimeTensor>>>;
  readonly release: () => Promise<void>;
};

export type Translation<Memory, Tensor extends RuntimeTensor> = {
  readonly toRuntime: (tensor: HostTensor | Placed<Memory>) => Tensor;
  /** The memory of an output that stayed on the device. */
  readonly memoryOf: (tensor: Tensor) => Memory;
};

/** The elements; those of float16 as bits, whatever array the runtime has for them. */
export const asBits = (data: unknown): TensorData => {
  const elements = data as TensorData;
  return Object.prototype.toString.call(data) === "[object Float16Array]"
    ? new Uint16Array(elements.buffer, elements.byteOffset, elements.length)
    : elements;
};

export const deviceSession = <Memory, Tensor extends RuntimeTensor>(
  session: RuntimeSession<Tensor>,
  { toRuntime, memoryOf }: Translation<Memory, Tensor>,
): DeviceSession<Memory> => ({
  inputs: session.inputNames,
  outputs: session.outputNames,
  run: async (feeds, wanted) => {
    const values = Object.fromEntries(Object.entries(feeds).map(([input, tensor]) => [input, toRuntime(tensor)]));
    const results = await session.run(values, wanted);
    const given = (tensor: RuntimeTensor): HostTensor | Placed<Memory> => {
      const { type, dims } = tensor as Pick<HostTensor, "type" | "dims">;
      return tensor.location === "gpu-buffer"
        ? { place: "memory", type, dims, memory: memoryOf(tensor as Tensor) }
        : { place: "host", type, dims, data: asBits(tensor.data) };
    };
    return Object.fromEntries(Object.entries(results).map(([output, tensor]) => [output, given(tensor)]));
  },
  release: () => session.release(),
});
