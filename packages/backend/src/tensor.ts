/** Tensors, the inputs and outputs of a session. */

export type TensorType = "float32" | "float64" | "float16" | "int8" | "int32" | "int64";

/** Elements of float16 are kept as bits, because not every JavaScript engine has an array of float16. */
export type TensorData = Float32Array | Float64Array | Uint16Array | Int8Array | Int32Array | BigInt64Array;

/** A dense row-major tensor in JavaScript's memory. */
export type HostTensor = {
  readonly place: "host";
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: TensorData;
};

/** A tensor that stays where the backend computes; only that backend can read `handle`. */
export type DeviceTensor = {
  readonly place: "device";
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly handle: unknown;
};

export type Tensor = HostTensor | DeviceTensor;

/** How many elements a tensor of these sizes has. */
export const sizeOf = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);

const checked = (type: TensorType, dims: readonly number[], data: TensorData): HostTensor => {
  if (data.length !== sizeOf(dims))
    throw new RangeError(`${type}: dims [${dims}] ask for ${sizeOf(dims)} elements, got ${data.length}`);
  return { place: "host", type, dims, data };
};

/** A float32 host tensor; keeps `data`, copies nothing. @throws RangeError when dims and length disagree. */
export const float32 = (dims: readonly number[], data: Float32Array): HostTensor => checked("float32", dims, data);

/** A float64 host tensor; keeps `data`, copies nothing. @throws RangeError when dims and length disagree. */
export const float64 = (dims: readonly number[], data: Float64Array): HostTensor => checked("float64", dims, data);

/** A float16 host tensor of elements as bits; keeps `data`, copies nothing. @throws RangeError when dims and length disagree. */
export const float16 = (dims: readonly number[], data: Uint16Array): HostTensor => checked("float16", dims, data);

/** An int8 host tensor; keeps `data`, copies nothing. @throws RangeError when dims and length disagree. */
export const int8 = (dims: readonly number[], data: Int8Array): HostTensor => checked("int8", dims, data);

/** An int64 host tensor from plain integers. @throws RangeError when dims and length disagree. */
export const int64 = (dims: readonly number[], data: readonly number[]): HostTensor =>
  checked("int64", dims, BigInt64Array.from(data, BigInt));

/** Takes the memory out of a buffer, where the engine can. What is taken already, and WebAssembly's memory, is a TypeError: it stays. */
const takeMemory = (buffer: ArrayBufferLike): void => {
  try {
    (buffer as { readonly transfer?: (size: number) => unknown }).transfer?.(0);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
};

/**
 * Gives the memory of host tensors back at once, where the engine can do that (Node 22 and later, browsers); otherwise the next garbage
 * collection does. Their data is empty afterwards. Tensors on a device are left to their session, and so is a tensor that is a part of a
 * larger buffer, whose rest others may read.
 */
export const freeTensors = (tensors: readonly Tensor[]): void => {
  for (const tensor of tensors)
    if (tensor.place === "host" && tensor.data.byteLength === tensor.data.buffer.byteLength)
      takeMemory(tensor.data.buffer);
};
