/**
 * Buffers on a device: what is asked of them is checked at once and carried out, in order, before the next run.
 *
 * Neither home can allocate or copy before its device is there, and both copy many stretches faster together than one by one.
 */
import {
  bytesOfBuffer,
  type Buffer,
  type BufferType,
  type DeviceTensor,
  type HostTensor,
  type StridedCopy,
  type Tensor,
} from "@ropewalk/backend";
import type { Copy, Device, Placed } from "./device.ts";

/** A buffer's memory, made when it is first needed. */
type Room<Memory> = { readonly length: number; memory: Memory | undefined; released: boolean };

/** An output that stayed; its memory is given back when it is no longer valid and no copy waits for it. */
type Kept<Memory> = {
  readonly length: number;
  readonly memory: Memory;
  waiting: number;
  ended: boolean;
};

type Place<Memory> =
  | { readonly kind: "room"; readonly room: Room<Memory>; readonly offset: number }
  | { readonly kind: "kept"; readonly kept: Kept<Memory> };

type Work<Memory> =
  | {
      readonly kind: "copy";
      readonly source: Float32Array | Place<Memory>;
      readonly target: Room<Memory>;
      readonly copy: StridedCopy;
    }
  | { readonly kind: "free"; readonly room: Room<Memory> };

/** A feed, and whether its memory is only for this run. */
export type Fed<Memory> = { readonly tensor: HostTensor | Placed<Memory>; readonly passing: boolean };

const sizeOf = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);

/** Where the last element ends that a copy touches on one side. */
const endOf = (start: number, stride: number, { length, count }: StridedCopy): number =>
  count === 0 ? 0 : start + (count - 1) * stride + length;

export type DeviceMemory<Memory> = {
  readonly allocate: (length: number, type?: BufferType) => Buffer;
  /** A tensor that stands for an output; `end` says that it is no longer valid. */
  readonly keep: (
    device: Device<Memory>,
    output: Placed<Memory>,
  ) => { readonly tensor: DeviceTensor; readonly end: () => void };
  /** What has been asked for so far; it is asked for no more. */
  readonly take: () => readonly Work<Memory>[];
  readonly carryOut: (device: Device<Memory>, work: readonly Work<Memory>[]) => Promise<void>;
  readonly feed: (device: Device<Memory>, tensor: Tensor) => Promise<Fed<Memory>>;
  /** @throws TypeError for a tensor of another backend */
  readonly check: (tensor: Tensor) => void;
};

/**
 * @param limit - of one buffer in bytes, as far as it is known yet
 */
export const deviceMemory = <Memory>(name: string, limit: () => Device<Memory>["limit"]): DeviceMemory<Memory> => {
  const places = new WeakMap<object, Place<Memory>>();
  const rooms = new WeakMap<Buffer, Room<Memory>>();
  let asked: Work<Memory>[] = [];

  const handleOf = (place: Place<Memory>): object => {
    const handle = {};
    places.set(handle, place);
    return handle;
  };
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
  const checkSize = (length: number): void => {
    const most = limit();
    const bytes = bytesOfBuffer({ type: "float32", length });
    if (most !== undefined && bytes > most.bytes)
      throw new RangeError(
        `${name}: a buffer must have at most ${most.bytes} bytes, the device's ${most.name}, got ${bytes}`,
      );
  };
  const memoryOf = async (device: Device<Memory>, room: Room<Memory>): Promise<Memory> => {
    checkSize(room.length);
    return (room.memory ??= await device.allocate(Math.max(1, room.length)));
  };
  const freeIfEnded = (device: Device<Memory>, kept: Kept<Memory>): void => {
    if (kept.ended && kept.waiting === 0) device.free(kept.memory);
  };

  /** What a copy reads: a part of the host's memory as it is now, or a place and its length. */
  const sourceOf = (
    source: Tensor | Buffer,
  ): { readonly from: Float32Array | Place<Memory>; readonly offset: number; readonly length: number } => {
    if (source.type !== "float32") throw new TypeError(`write: source must hold float32, got ${source.type}`);
    if (!("place" in source)) {
      const room = rooms.get(source);
      if (room === undefined)
        throw new TypeError(`write: source must be a buffer of ${name}, got one of another backend on its device`);
      return { from: { kind: "room", room, offset: 0 }, offset: 0, length: room.length };
    }
    if (source.place === "host") return { from: source.data as Float32Array, offset: 0, length: source.data.length };
    const place = placeOf(source);
    if (place.kind === "kept") return { from: place, offset: 0, length: place.kept.length };
    return { from: place, offset: place.offset, length: sizeOf(source.dims) };
  };

  const allocate = (length: number, type: BufferType = "float32"): Buffer => {
    if (type !== "float32") throw new TypeError(`${name}: a buffer must hold float32, got ${type}`);
    checkSize(length);
    const room: Room<Memory> = { length, memory: undefined, released: false };
    const checkRange = (where: string, from: number, size: number): void => {
      if (room.released) throw new TypeError(`${where}: the buffer must not be released`);
      if (!(from >= 0 && size >= 0 && from + size <= length))
        throw new RangeError(`${where}: ${size} elements from ${from} on must lie within the buffer's ${length}`);
    };
    const whole: Place<Memory> = { kind: "room", room, offset: 0 };
    const buffer: Buffer = {
      type,
      length,
      view: (offset, dims) => {
        checkRange("view", offset, sizeOf(dims));
        return { place: "device", type, dims, handle: handleOf({ kind: "room", room, offset }) };
      },
      write: (source, copy) => {
        const { from, offset, length: available } = sourceOf(source);
        const [read, written] = [endOf(copy.from, copy.fromStride, copy), endOf(copy.to, copy.toStride, copy)];
        if (read > available || written > length)
          throw new RangeError(
            `write: ${copy.count} runs of ${copy.length} must fit, got elements up to ${read} of ${available} and up to ${written} of ${length}`,
          );
        checkRange("write", 0, written);
        if (copy.count === 0 || copy.length === 0) return;
        // The host's memory may change before the copy is carried out.
        const now = from instanceof Float32Array ? from.slice(copy.from, read) : from;
        if (!(now instanceof Float32Array) && now.kind === "kept") now.kept.waiting += 1;
        const start = now instanceof Float32Array ? 0 : copy.from + offset;
        asked.push({ kind: "copy", source: now, target: room, copy: { ...copy, from: start } });
      },
      move: (from, to, size) => {
        checkRange("move", from, size);
        checkRange("move", to, size);
        const copy = { from, fromStride: 0, to, toStride: 0, length: size, count: 1 };
        if (size > 0 && from !== to) asked.push({ kind: "copy", source: whole, target: room, copy });
      },
      release: () => {
        if (!room.released) asked.push({ kind: "free", room });
        room.released = true;
      },
    };
    rooms.set(buffer, room);
    return buffer;
  };

  const resolve = (device: Device<Memory>, place: Place<Memory>): Memory | Promise<Memory> =>
    place.kind === "kept" ? place.kept.memory : memoryOf(device, place.room);

  return {
    allocate,
    keep: (device, { type, dims, memory }) => {
      const kept: Kept<Memory> = { length: sizeOf(dims), memory, waiting: 0, ended: false };
      const end = (): void => {
        kept.ended = true;
        freeIfEnded(device, kept);
      };
      return { tensor: { place: "device", type, dims, handle: handleOf({ kind: "kept", kept }) }, end };
    },
    take: () => {
      const taken = asked;
      asked = [];
      return taken;
    },
    carryOut: async (device, work) => {
      try {
        const copies: Copy<Memory>[] = [];
        for (const item of work)
          if (item.kind === "copy") {
            const source = item.source instanceof Float32Array ? item.source : await resolve(device, item.source);
            copies.push({ ...item.copy, source, target: await memoryOf(device, item.target) });
          }
        if (copies.length > 0) await device.copy(copies);
      } finally {
        for (const item of work)
          if (item.kind === "free") {
            if (item.room.memory !== undefined) device.free(item.room.memory);
            item.room.memory = undefined;
          } else if (!(item.source instanceof Float32Array) && item.source.kind === "kept") {
            item.source.kept.waiting -= 1;
            freeIfEnded(device, item.source.kept);
          }
      }
    },
    feed: async (device, tensor) => {
      if (tensor.place === "host") return { tensor, passing: false };
      const { type, dims } = tensor;
      const place = placeOf(tensor);
      const memory = await resolve(device, place);
      const from = place.kind === "kept" ? 0 : place.offset;
      if (from === 0) return { tensor: { place: "memory", type, dims, memory }, passing: false };
      // A tensor begins where its memory does.
      const length = sizeOf(dims);
      const target = await device.allocate(length);
      await device.copy([{ source: memory, target, from, fromStride: 0, to: 0, toStride: 0, length, count: 1 }]);
      return { tensor: { place: "memory", type, dims, memory: target }, passing: true };
    },
    check: (tensor) => void (tensor.place === "host" || placeOf(tensor)),
  };
};
