/** Where a backend's tensors and buffers lie on its device. Only that backend knows these places. */
import {
  sizeOf,
  type TensorBuffer,
  type BufferType,
  type DeviceTensor,
  type StridedCopy,
  type Tensor,
} from "@ropewalk/backend";

/** The memory of a buffer, `words` words of 4 bytes, allocated when it is first needed. */
export type Room<Memory> = { readonly words: number; memory: Memory | undefined; released: boolean };

/** A kept output of `length` elements. Its memory is freed when the output is no longer valid and nothing waits to read it. */
export type Kept<Memory> = { readonly length: number; readonly memory: Memory; waiting: number; ended: boolean };

export type Place<Memory> =
  | { readonly kind: "room"; readonly room: Room<Memory>; readonly offset: number }
  | { readonly kind: "kept"; readonly kept: Kept<Memory> };

/** A requested copy or free that is still to be carried out. The numbers of a copy count words. */
export type Work<Memory> =
  | {
      readonly kind: "copy";
      readonly source: Float32Array | Place<Memory>;
      readonly target: Room<Memory>;
      readonly copy: StridedCopy;
    }
  | { readonly kind: "free"; readonly room: Room<Memory> };

export type HostElements = Float32Array | Uint16Array;

export const isHost = (from: unknown): from is HostElements =>
  from instanceof Float32Array || from instanceof Uint16Array;

/** The source of a copy, from `offset` on: elements on the host, or a place on the device. */
export type Source<Memory> = {
  readonly from: HostElements | Place<Memory>;
  readonly offset: number;
  readonly length: number;
};

export type Places<Memory> = {
  readonly handleOf: (place: Place<Memory>) => object;
  readonly addBuffer: (buffer: TensorBuffer, room: Room<Memory>) => void;
  /** The place of a tensor. @throws TypeError for a tensor of another backend, or one whose memory was given back */
  readonly placeOf: (tensor: DeviceTensor) => Place<Memory>;
  /** The source of a copy. @throws TypeError as `placeOf`, for a buffer of another backend, and for another type */
  readonly sourceOf: (source: Tensor | TensorBuffer, type: BufferType) => Source<Memory>;
};

export const createPlaces = <Memory>(name: string): Places<Memory> => {
  const places = new WeakMap<object, Place<Memory>>();
  const rooms = new WeakMap<TensorBuffer, Room<Memory>>();

  const placeOf = ({ handle, dims }: DeviceTensor): Place<Memory> => {
    const place = typeof handle === "object" && handle !== null ? places.get(handle) : undefined;
    if (place === undefined)
      throw new TypeError(
        `${name}: a tensor must be on the host or this backend's own, got one of dims [${dims}] on another device`,
      );
    if (place.kind === "kept" ? place.kept.ended : place.room.released)
      throw new TypeError(
        `${name}: a tensor on the device must be valid, got one of dims [${dims}] whose memory is given back`,
      );
    return place;
  };

  return {
    handleOf: (place) => {
      const handle = {};
      places.set(handle, place);
      return handle;
    },
    addBuffer: (buffer, room) => void rooms.set(buffer, room),
    placeOf,
    sourceOf: (source, type) => {
      if (source.type !== type) throw new TypeError(`write: source must hold ${type}, got ${source.type}`);
      if (!("place" in source)) {
        const room = rooms.get(source);
        if (room === undefined)
          throw new TypeError(`write: source must be a buffer of ${name}, got one of another backend or device`);
        if (room.released) throw new TypeError("write: source must not be released");
        return { from: { kind: "room", room, offset: 0 }, offset: 0, length: source.length };
      }
      if (source.place === "host") return { from: source.data as HostElements, offset: 0, length: source.data.length };
      const place = placeOf(source);
      return place.kind === "kept"
        ? { from: place, offset: 0, length: place.kept.length }
        : { from: place, offset: place.offset, length: sizeOf(source.dims) };
    },
  };
};
