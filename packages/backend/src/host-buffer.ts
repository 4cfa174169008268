/** Buffers as typed arrays, for every backend that computes in JavaScript's or WebAssembly's reach of the CPU. */
import type { Buffer } from "./buffer.ts";
import { sizeOf, type HostTensor, type Tensor } from "./tensor.ts";

/** The host tensors of a host-only backend's run. @throws TypeError for a tensor of another backend. */
export const asHost = (name: string, tensor: Tensor): HostTensor => {
  if (tensor.place !== "host")
    throw new TypeError(`${name}: a tensor must be on the host, got one of dims [${tensor.dims}] on a device`);
  return tensor;
};

const stored = new WeakMap<Buffer, Float32Array>();

const elementsOf = (source: Tensor | Buffer): Float32Array => {
  const data = "place" in source ? asHost("write", source).data : stored.get(source);
  if (!(data instanceof Float32Array))
    throw new TypeError(
      `write: source must hold float32 on the host, got ${data?.constructor.name ?? "a device buffer"}`,
    );
  return data;
};

/** A zeroed buffer of `length` float32 elements in JavaScript's memory. */
export const hostBuffer = (length: number): Buffer => {
  const data = new Float32Array(length);
  const checkRange = (where: string, from: number, size: number): void => {
    if (!(from >= 0 && size >= 0 && from + size <= length))
      throw new RangeError(`${where}: ${size} elements from ${from} on must lie within the buffer's ${length}`);
  };
  const buffer: Buffer = {
    length,
    view: (offset, dims) => {
      const size = sizeOf(dims);
      checkRange("view", offset, size);
      return { place: "host", type: "float32", dims, data: data.subarray(offset, offset + size) };
    },
    write: (source, { from, fromStride, to, toStride, length: run, count }) => {
      const elements = elementsOf(source);
      const last = count - 1;
      if (count > 0 && (from + last * fromStride + run > elements.length || to + last * toStride + run > length))
        throw new RangeError(
          `write: ${count} runs of ${run} must fit, got elements up to ${from + last * fromStride + run} of ${elements.length} ` +
            `and up to ${to + last * toStride + run} of ${length}`,
        );
      for (let r = 0; r < count; r++) {
        const start = from + r * fromStride;
        data.set(elements.subarray(start, start + run), to + r * toStride);
      }
    },
    move: (from, to, size) => {
      checkRange("move", from, size);
      checkRange("move", to, size);
      data.copyWithin(to, from, from + size);
    },
    release: () => {
      stored.delete(buffer);
    },
  };
  stored.set(buffer, data);
  return buffer;
};
