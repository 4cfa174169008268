/**
 * Copies on the device, all in one command encoder.
 *
 * WebGPU copies between two different buffers, so a move inside a buffer goes through another one. Offsets and sizes are multiples
 * of 4 bytes, as for float32.
 */
import type { Copy } from "../device.ts";
import { usages } from "./usage.ts";

const width = 4;

export type Gpu = { readonly buffer: GPUBuffer };

const isHost = (source: Float32Array | Gpu): source is Float32Array => source instanceof Float32Array;

/** A buffer with the host's elements, for one copy. */
const staged = (device: GPUDevice, data: Float32Array): GPUBuffer => {
  const buffer = device.createBuffer({ size: data.byteLength, usage: usages.copySource, mappedAtCreation: true });
  new Float32Array(buffer.getMappedRange()).set(data);
  buffer.unmap();
  return buffer;
};

export const encodeCopies = (device: GPUDevice, copies: readonly Copy<Gpu>[]): void => {
  const passing: GPUBuffer[] = [];
  const encoder = device.createCommandEncoder();
  for (const { source, target, from, fromStride, to, toStride, length, count } of copies) {
    const runs = Array.from({ length: count }, (_, run) => [from + run * fromStride, to + run * toStride] as const);
    const inside = !isHost(source) && source.buffer === target.buffer;
    const read = isHost(source) ? staged(device, source) : source.buffer;
    if (isHost(source)) passing.push(read);
    if (!inside) {
      for (const [at, goal] of runs)
        encoder.copyBufferToBuffer(read, at * width, target.buffer, goal * width, length * width);
      continue;
    }
    const usage = usages.copySource | usages.copyTarget;
    const between = device.createBuffer({ size: count * length * width, usage });
    passing.push(between);
    runs.forEach(([at], run) =>
      encoder.copyBufferToBuffer(read, at * width, between, run * length * width, length * width),
    );
    runs.forEach(([, goal], run) =>
      encoder.copyBufferToBuffer(between, run * length * width, target.buffer, goal * width, length * width),
    );
  }
  device.queue.submit([encoder.finish()]);
  // Submitted commands are carried out before their buffers are destroyed.
  for (const buffer of passing) buffer.destroy();
};
