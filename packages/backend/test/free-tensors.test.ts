/** What is given back is empty, and nothing else is: memory that others read, or that cannot be taken, stays. */
import { float32, freeTensors } from "@ropewalk/backend";
import { expect, it } from "vitest";

it("gives back a tensor that has a buffer of its own, once however often it is named", () => {
  const tensor = float32([2], Float32Array.of(1, 2));
  freeTensors([tensor, tensor]);
  freeTensors([tensor]);
  expect(tensor.data.length).toBe("transfer" in ArrayBuffer.prototype ? 0 : 2);
});

it("leaves a part of a larger buffer to those who read the rest", () => {
  const whole = Float32Array.of(1, 2, 3, 4);
  freeTensors([float32([2], whole.subarray(0, 2)), float32([2], whole.subarray(2))]);
  expect([...whole]).toEqual([1, 2, 3, 4]);
});

// Node's types do not name it.
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: new (size: object) => { buffer: ArrayBuffer } } })
  .WebAssembly;

it("leaves memory that is shared, or that belongs to WebAssembly", () => {
  const shared = new Float32Array(new SharedArrayBuffer(8)) as unknown as Float32Array<ArrayBuffer>;
  const page = new Float32Array(new Memory({ initial: 1 }).buffer);
  freeTensors([float32([2], shared), float32([page.length], page)]);
  expect([shared.length, page.length]).toEqual([2, 16_384]);
});

it("leaves tensors on a device to their session", () => {
  freeTensors([{ place: "device", type: "float32", dims: [1], handle: { buffer: new ArrayBuffer(4) } }]);
});
