/**
 * A buffer on a device: its calls are checked at once and carried out later.
 *
 * A device copies whole words of 4 bytes, which are two elements of float16. So a copy of float16 must have an even start, even
 * strides and an even length. WGSL keeps every bit of a float32 that is loaded and stored, so a word may hold two elements.
 */
import { bytesOfBuffer, sizeOf, type TensorBuffer, type BufferType, type StridedCopy } from "@ropewalk/backend";
import { isHost, type Place, type Places, type Room, type Work } from "./places.ts";

/** The end of the last element that a copy touches on one side. */
const endOf = (start: number, stride: number, { length, count }: StridedCopy): number =>
  count === 0 ? 0 : start + (count - 1) * stride + length;

export const wordsOf = (buffer: Pick<TensorBuffer, "type" | "length">): number => Math.ceil(bytesOfBuffer(buffer) / 4);

/** A buffer on a device. @param ask - notes work that is to be carried out later */
export const deviceBuffer = <Memory>(
  { handleOf, addBuffer, sourceOf }: Places<Memory>,
  { type, length }: { readonly type: BufferType; readonly length: number },
  ask: (work: Work<Memory>) => void,
): TensorBuffer => {
  const room: Room<Memory> = { words: wordsOf({ type, length }), memory: undefined, released: false };
  const perWord = 4 / bytesOfBuffer({ type, length: 1 });
  const inWords = (where: string, copy: StridedCopy): StridedCopy => {
    const { count, from, to, length: size } = copy;
    const [fromStride, toStride] = count > 1 ? [copy.fromStride, copy.toStride] : [0, 0];
    const numbers = { from, fromStride, to, toStride, length: size };
    const odd = Object.entries(numbers).find(([, value]) => value % perWord !== 0);
    if (odd !== undefined)
      throw new RangeError(`${where}: ${odd[0]} must be a multiple of ${perWord} elements of ${type}, got ${odd[1]}`);
    const [start, stride, goal, goalStride, words] = Object.values(numbers).map((value) => value / perWord);
    return { count, from: start!, fromStride: stride!, to: goal!, toStride: goalStride!, length: words! };
  };
  const whole: Place<Memory> = { kind: "room", room, offset: 0 };
  const checkRange = (where: string, from: number, size: number): void => {
    if (room.released) throw new TypeError(`${where}: the buffer must not be released`);
    if (!(from >= 0 && size >= 0 && from + size <= length))
      throw new RangeError(`${where}: ${size} elements from ${from} on must lie within the buffer's ${length}`);
  };
  const buffer: TensorBuffer = {
    type,
    length,
    view: (offset, dims) => {
      checkRange("view", offset, sizeOf(dims));
      if (offset % perWord !== 0)
        throw new RangeError(`view: offset must be a multiple of ${perWord} elements of ${type}, got ${offset}`);
      return { place: "device", type, dims, handle: handleOf({ kind: "room", room, offset }) };
    },
    write: (source, copy) => {
      checkRange("write", 0, 0);
      const { from, offset, length: available } = sourceOf(source, type);
      const [read, written] = [endOf(copy.from, copy.fromStride, copy), endOf(copy.to, copy.toStride, copy)];
      if (read > available || written > length)
        throw new RangeError(
          `write: ${copy.count} runs of ${copy.length} must fit, got elements up to ${read} of ${available} ` +
            `and up to ${written} of ${length}`,
        );
      if (copy.count === 0 || copy.length === 0) return;
      const words = inWords("write", { ...copy, from: copy.from + offset });
      if (isHost(from)) {
        // The host's memory may change before the copy is carried out.
        const now = new Float32Array(from.slice(copy.from, read).buffer);
        return ask({ kind: "copy", source: now, target: room, copy: { ...words, from: 0 } });
      }
      if (from.kind === "kept") from.kept.waiting += 1;
      return ask({ kind: "copy", source: from, target: room, copy: words });
    },
    move: (from, to, size) => {
      checkRange("move", from, size);
      checkRange("move", to, size);
      const copy = inWords("move", { from, fromStride: 0, to, toStride: 0, length: size, count: 1 });
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
