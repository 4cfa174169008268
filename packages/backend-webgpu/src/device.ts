/**
 * What the two homes, the browser and Node, do on their device. All of it is called in turn, one thing after another.
 *
 * `Memory` is a home's own handle on a stretch of device memory; tensors lie at the start of one.
 */
import type { ExternalData, HostTensor, Session, StridedCopy, TensorData, TensorType } from "@ropewalk/backend";

export type Placed<Memory> = {
  readonly place: "memory";
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly memory: Memory;
};

/** In words of 4 bytes. */
export type Copy<Memory> = StridedCopy & {
  readonly source: Float32Array | Memory;
  readonly target: Memory;
};

export type DeviceSession<Memory> = Pick<Session, "inputs" | "outputs" | "release"> & {
  /** Every output stays on the device where the runtime can keep it there. */
  readonly run: (
    feeds: Readonly<Record<string, HostTensor | Placed<Memory>>>,
    outputs: readonly string[],
  ) => Promise<Readonly<Record<string, HostTensor | Placed<Memory>>>>;
};

export type Device<Memory> = {
  /** The most bytes that one buffer may have, and the limit's name; undefined where the runtime does not tell. */
  readonly limit: { readonly name: string; readonly bytes: number } | undefined;
  /** Zeroed room for so many words of 4 bytes. */
  readonly allocate: (words: number) => Promise<Memory>;
  /** Copies in their order; a copy may read what one before it has written, and its own target. */
  readonly copy: (copies: readonly Copy<Memory>[]) => Promise<void>;
  readonly read: (tensor: Placed<Memory>) => Promise<TensorData>;
  readonly free: (memory: Memory) => void;
  readonly createSession: (model: Uint8Array, externalData: readonly ExternalData[]) => Promise<DeviceSession<Memory>>;
};
