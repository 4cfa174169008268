/** Buffers as typed arrays, for backends that compute on the CPU. */
import type { TensorBuffer, BufferType } from "./tensor-buffer.ts";
import { sizeOf, type HostTensor, type Tensor } from "./tensor.ts";

/** The tensor, if it is on the host. @throws TypeError for a tensor on a device. */
export const asHost = (name: string, tensor: Tensor): HostTensor => {
  if (tensor.place !== "host")
    throw new TypeError(`${name}: a tensor must be on the host, got one of dims [${tensor.dims}] on a device`);
  return tensor;
};

type Elements = Float32Array | Uint16Array | Int8Array;

const stored = new WeakMap<TensorBuffer, Elements>();

const elementsOf = (source: Tensor | TensorBuffer, type: BufferType): Elements => {
  const data = "place" in source ? asHost("write", source).data : stored.get(source);
  if (data === undefined || source.type !== type)
    throw new TypeError(
      `write: source must hold ${type} on the host, got ${data === undefined ? "a device buffer" : source.type}`,
    );
  return data as Elements;
};

const arrays: Readonly<Record<BufferType, (length: number) => Elements>> = {
  float32: (length) => new Float32Array(length),
  float16: (length) => new Uint16Array(length),
  int8: (length) => new Int8Array(length),
};

/** @throws RangeError when there is not enough memory, or the engine has no arrays of that length */
const zeroed = (length: number, type: BufferType): Elements => {
  try {
    return arrays[type](length);
  } catch (cause) {
    throw new RangeError(`allocate: length must be of ${type} elements that fit into memory, got ${length}`, { cause });
  }
};

/** A zeroed buffer of `length` elements in JavaScript's memory. */
export const hostBuffer = (length: number, type: BufferType = "float32"): TensorBuffer => {
  const data = zeroed(length, type);
  const checkRange = (where: string, from: number, size: number): void => {
    if (!(from >= 0 && size >= 0 && from + size <= length))
      throw new RangeError(`${where}: ${size} elements from ${from} on must lie within the buffer's ${length}`);
  };
  const buffer: TensorBuffer = {
    type,
    length,
    view: (offset, dims) => {
      const size = sizeOf(dims);
      checkRange("view", offset, size);
      return { place: "host", type, dims, data: data.subarray(offset, offset + size) };
    },
    write: (source, { from, fromStride, to, toStride, length: run, count }) => {
      const elements = elementsOf(source, type);
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
