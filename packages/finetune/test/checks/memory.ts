/** The memory that runtimes take in a page. What JavaScript itself holds is not counted. */

export type PeakMemory = {
  /** Bytes of WebAssembly's memories, which grow and never shrink. */
  readonly wasm: number;
  /** The most bytes that lay in buffers of GPUs at a time. */
  readonly gpu: number;
};

type GpuBuffer = { readonly size: number; readonly destroy: () => void };
type WasmMemory = { readonly buffer: { readonly byteLength: number } };
/** Of a page's global object. */
type Page = {
  readonly WebAssembly: { Memory: new (descriptor: object) => WasmMemory };
  readonly GPUDevice?: { readonly prototype: { createBuffer: (descriptor: unknown) => GpuBuffer } };
  readonly GPUBuffer?: { readonly prototype: { destroy: () => void } };
};

/** Begins to count; to be called before a runtime is loaded. */
export const watchMemory = (): (() => PeakMemory) => {
  const { GPUDevice, GPUBuffer, WebAssembly } = globalThis as unknown as Page;
  const memories: WasmMemory[] = [];
  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct: (target, args: [object]) => {
      const memory = new target(...args);
      memories.push(memory);
      return memory;
    },
  });
  const live = new WeakSet<GpuBuffer>();
  let [bytes, most] = [0, 0];
  if (GPUDevice && GPUBuffer) {
    const { createBuffer } = GPUDevice.prototype;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      const buffer = createBuffer.call(this, descriptor);
      live.add(buffer);
      bytes += buffer.size;
      most = Math.max(most, bytes);
      return buffer;
    };
    const { destroy } = GPUBuffer.prototype;
    GPUBuffer.prototype.destroy = function (this: GpuBuffer) {
      if (live.delete(this)) bytes -= this.size;
      destroy.call(this);
    };
  }
  return () => ({ wasm: memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0), gpu: most });
};
