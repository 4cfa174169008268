/**
 * The interface of a device, which the browser and Node each implement. Its functions are called one after another, never at once.
 *
 * `Memory` is the implementation's handle on a piece of device memory. A tensor lies at its start.
 */
import type { ExternalData, HostTensor, Session, StridedCopy, TensorData, TensorType } from "@ropewalk/backend";

export type Placed<Memory> = {
  readonly place: "memory";
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly memory: Memory;
};

/** A copy whose numbers count words of 4 bytes. */
export type Copy<Memory> = StridedCopy & {
  readonly source: Float32Array | Memory;
  readonly target: Memory;
};

export type DeviceSession<Memory> = Pick<Session, "inputs" | "outputs" | "release"> & {
  /** Runs the graph. Each output stays on the device if the runtime can keep it there. */
  readonly run: (
    feeds: Readonly<Record<string, HostTensor | Placed<Memory>>>,
    outputs: readonly string[],
  ) => Promise<Readonly<Record<string, HostTensor | Placed<Memory>>>>;
};

export type Device<Memory> = {
  /** The most bytes that one buffer may have, and the limit's name; undefined if the runtime does not say. */
  readonly limit: { readonly name: string; readonly bytes: number } | undefined;
  /** Allocates zeroed memory of `words` words of 4 bytes. */
  readonly allocate: (words: number) => Promise<Memory>;
  /** Carries out copies in their order. A copy may read what an earlier copy has written, and its own target. */
  readonly copy: (copies: readonly Copy<Memory>[]) => Promise<void>;
  readonly read: (tensor: Placed<Memory>) => Promise<TensorData>;
  readonly free: (memory: Memory) => void;
  readonly createSession: (model: Uint8Array, externalData: readonly ExternalData[]) => Promise<DeviceSession<Memory>>;
};
