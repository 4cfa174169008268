/** A buffer on a device: what is asked of it is checked at once, and carried out later. */
import type { Buffer, StridedCopy } from "@ropewalk/backend";
import { sizeOf, type Place, type Places, type Room, type Work } from "./places.ts";

/** Where the last element ends that a copy touches on one side. */
const endOf = (start: number, stride: number, { length, count }: StridedCopy): number =>
  count === 0 ? 0 : start + (count - 1) * stride + length;

/** @param ask - takes note of work to be done */
export const deviceBuffer = <Memory>(
  { handleOf, addBuffer, sourceOf }: Places<Memory>,
  length: number,
  ask: (work: Work<Memory>) => void,
): Buffer => {
  const room: Room<Memory> = { length, memory: undefined, released: false };
  const whole: Place<Memory> = { kind: "room", room, offset: 0 };
  const checkRange = (where: string, from: number, size: number): void => {
    if (room.released) throw new TypeError(`${where}: the buffer must not be released`);
    if (!(from >= 0 && size >= 0 && from + size <= length))
      throw new RangeError(`${where}: ${size} elements from ${from} on must lie within the buffer's ${length}`);
  };
  const buffer: Buffer = {
    type: "float32",
    length,
    view: (offset, dims) => {
      checkRange("view", offset, sizeOf(dims));
      return { place: "device", type: "float32", dims, handle: handleOf({ kind: "room", room, offset }) };
    },
    write: (source, copy) => {
      checkRange("write", 0, 0);
      const { from, offset, length: available } = sourceOf(source);
      const [read, written] = [endOf(copy.from, copy.fromStride, copy), endOf(copy.to, copy.toStride, copy)];
      if (read > available || written > length)
        throw new RangeError(
          `write: ${copy.count} runs of ${copy.length} must fit, got elements up to ${read} of ${available} ` +
            `and up to ${written} of ${length}`,
        );
      if (copy.count === 0 || copy.length === 0) return;
      if (from instanceof Float32Array) {
        // The host's memory may change before the copy is carried out.
        const now = from.slice(copy.from, read);
        return ask({ kind: "copy", source: now, target: room, copy: { ...copy, from: 0 } });
      }
      if (from.kind === "kept") from.kept.waiting += 1;
      return ask({ kind: "copy", source: from, target: room, copy: { ...copy, from: copy.from + offset } });
    },
    move: (from, to, size) => {
      checkRange("move", from, size);
      checkRange("move", to, size);
      const copy = { from, fromStride: 0, to, toStride: 0, length: size, count: 1 };
      if (size > 0 && from !== to) ask({ kind: "copy", source: whole, target: room, copy });
    },
    release: () => {
      if (!room.released) ask({ kind: "free", room });
      room.released = true;
    },
  };
  addBuffer(buffer, room);
  return buffer;
};
