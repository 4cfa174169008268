/**
 * A device's memory behind a backend's buffers, kept outputs and feeds.
 *
 * Copies are carried out together before the next run. Memory can be allocated only after the device is open, and many copies are
 * faster together than one by one.
 */
import {
  sizeOf,
  type TensorBuffer,
  type BufferType,
  type DeviceTensor,
  type HostTensor,
  type Tensor,
} from "@ropewalk/backend";
import { deviceBuffer, wordsOf } from "./device-buffer.ts";
import type { Copy, Device, Placed } from "./device.ts";
import { createPlaces, type Kept, type Place, type Room, type Work } from "./places.ts";

/** An input of a run, as it is when the run is requested. Its memory stays until the run has ended. */
export type Feed<Memory> = {
  readonly tensor: (device: Device<Memory>) => Promise<HostTensor | Placed<Memory>>;
  readonly end: (device: Device<Memory>) => void;
};

export type DeviceMemory<Memory> = {
  readonly allocate: (length: number, type?: BufferType) => TensorBuffer;
  /** The tensor of a kept output, and `end`, which makes it invalid. */
  readonly keep: (
    device: Device<Memory>,
    output: Placed<Memory>,
  ) => { readonly tensor: DeviceTensor; readonly end: () => void };
  /** Takes the work that has been requested so far out of the queue. */
  readonly take: () => readonly Work<Memory>[];
  readonly carryOut: (device: Device<Memory>, work: readonly Work<Memory>[]) => Promise<void>;
  readonly feed: (tensor: Tensor) => Feed<Memory>;
  /** @throws TypeError for a tensor of another backend, or one that is no longer valid */
  readonly check: (tensor: Tensor) => void;
};

const freeIfEnded = <Memory>(device: Device<Memory>, kept: Kept<Memory>): void => {
  if (kept.ended && kept.waiting === 0) device.free(kept.memory);
};

/**
 * The memory of a device.
 *
 * @param types - the types that buffers may hold
 * @param limit - gives the limit of one buffer in bytes; undefined while it is not known
 */
export const deviceMemory = <Memory>(
  name: string,
  types: readonly BufferType[],
  limit: () => Device<Memory>["limit"],
): DeviceMemory<Memory> => {
  const places = createPlaces<Memory>(name);
  const { handleOf, placeOf } = places;
  let asked: Work<Memory>[] = [];

  const checkSize = (words: number): void => {
    const most = limit();
    const bytes = 4 * words;
    if (most !== undefined && bytes > most.bytes)
      throw new RangeError(
        `${name}: a buffer must have at most ${most.bytes} bytes, the device's ${most.name}, got ${bytes}`,
      );
  };
  const memoryOf = async (device: Device<Memory>, room: Room<Memory>): Promise<Memory> => {
    checkSize(room.words);
    return (room.memory ??= await device.allocate(Math.max(1, room.words)));
  };
  const resolve = (device: Device<Memory>, place: Place<Memory>): Memory | Promise<Memory> =>
    place.kind === "kept" ? place.kept.memory : memoryOf(device, place.room);

  return {
    allocate: (length, type = "float32") => {
      if (!types.includes(type)) throw new TypeError(`${name}: a buffer must hold ${types.join(" or ")}, got ${type}`);
      checkSize(wordsOf({ type, length }));
      return deviceBuffer(places, { type, length }, (work) => void asked.push(work));
    },
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
    feed: (tensor) => {
      if (tensor.place === "host") return { tensor: async () => tensor, end: () => undefined };
      const { type, dims } = tensor;
      const place = placeOf(tensor);
      const placed = (memory: Memory): Placed<Memory> => ({ place: "memory", type, dims, memory });
      if (place.kind === "kept") {
        const { kept } = place;
        kept.waiting += 1;
        const end = (device: Device<Memory>): void => {
          kept.waiting -= 1;
          freeIfEnded(device, kept);
        };
        return { tensor: async () => placed(kept.memory), end };
      }
      const { room, offset } = place;
      if (offset === 0) return { tensor: async (device) => placed(await memoryOf(device, room)), end: () => undefined };
      // A tensor lies at the start of its memory, so a view that begins elsewhere is copied.
      let passing: Memory | undefined;
      return {
        tensor: async (device) => {
          const source = await memoryOf(device, room);
          const elements = { type: type as BufferType, length: offset };
          const [from, length] = [wordsOf(elements), wordsOf({ ...elements, length: sizeOf(dims) })];
          passing = await device.allocate(length);
          const copy = { from, fromStride: 0, to: 0, toStride: 0, length, count: 1 };
          await device.copy([{ ...copy, source, target: passing }]);
          return placed(passing);
        },
        end: (device) => void (passing !== undefined && device.free(passing)),
      };
    },
    check: (tensor) => void (tensor.place === "host" || placeOf(tensor)),
  };
};
