/** WebGPU in Node, by Dawn: a device, and passes run on it. */
import type { AttentionKernel, PartsKernel, Pass } from "@ropewalk/attention-merge/wgsl";
import { softwareDriver } from "@ropewalk/testing/browser/installed-chromium";
import { zeroesByShader } from "@ropewalk/testing/browser/webgpu-args";
import { create, globals } from "webgpu";

Object.assign(globalThis, globals);

export type Gpu = {
  /** Kept: Dawn frees it with the last reference, whatever still runs on it. */
  readonly instance: GPU;
  readonly device: GPUDevice;
  readonly adapter: string;
  /** Computed by the processor: right, and no guide to what is fast. */
  readonly isSoftware: boolean;
  readonly pipelines: Map<string, GPUComputePipeline>;
};

const isSoftware = ({ info: { architecture, device, description } }: GPUAdapter): boolean =>
  /swiftshader|llvmpipe|lavapipe|warp/i.test(`${architecture} ${device} ${description}`);

type Found = { readonly instance: GPU; readonly adapter: GPUAdapter };

const findAdapter = async (options: readonly string[]): Promise<Found | undefined> => {
  const instance = create([...options]);
  const adapter = await instance.requestAdapter();
  return adapter ? { instance, adapter } : undefined;
};

/** A card, or else Chromium's driver before another in software, whose compiler takes ten times as long. */
const findBest = async (): Promise<Found | undefined> => {
  const found = await findAdapter([]);
  if (softwareDriver === undefined || (found && !isSoftware(found.adapter))) return found;
  // Dawn says on stderr that there is no other.
  process.env["VK_ICD_FILENAMES"] = softwareDriver;
  process.env["XDG_RUNTIME_DIR"] ??= "/tmp";
  return (await findAdapter([zeroesByShader])) ?? found;
};

/** A device with the limits that every device has, or with buffers as large as they can be; undefined where there is no driver. */
export const openGpu = async ({ largeBuffers = false } = {}): Promise<Gpu | undefined> => {
  const found = await findBest();
  if (!found) return undefined;
  const { instance, adapter } = found;
  const { vendor, device: name, description, architecture } = adapter.info;
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  return {
    ...{ instance, pipelines: new Map() },
    device: await adapter.requestDevice({
      requiredLimits: largeBuffers ? { maxStorageBufferBindingSize, maxBufferSize } : {},
    }),
    adapter: [...new Set([vendor, architecture, name, description])].filter((word) => word !== "").join(" "),
    isSoftware: isSoftware(adapter),
  };
};

type Pipelined = Pick<Pass, "code" | "entryPoint">;

/** The pipeline of a pass, made once. @throws Error with the compiler's words where the code is not valid */
const pipelineOf = async ({ device, pipelines }: Gpu, { code, entryPoint }: Pipelined): Promise<GPUComputePipeline> => {
  const known = pipelines.get(code);
  if (known) return known;
  const module = device.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  const errors = messages.filter(({ type }) => type === "error");
  if (errors.length > 0) throw new Error(errors.map(({ lineNum, message }) => `${lineNum}: ${message}`).join("\n"));
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint } });
  pipelines.set(code, pipeline);
  return pipeline;
};

/** What a pass needs of a kernel's; other passes, for comparison, have the same form. */
export type Runnable = {
  readonly passes: readonly Pick<Pass, "code" | "entryPoint" | "workgroups" | "bindings">[];
  readonly buffers: AttentionKernel["buffers"];
  readonly sizes: Uint32Array<ArrayBuffer>;
};

/** A kernel with its inputs on the device. */
export type Loaded = {
  /** Runs it `times` times and waits; the milliseconds that all took. */
  readonly run: (times: number) => Promise<number>;
  readonly read: (name: string) => Promise<ArrayBuffer>;
  readonly release: () => void;
};

export const loadKernel = async (
  gpu: Gpu,
  { passes, buffers, sizes }: Runnable,
  inputs: Readonly<Record<string, ArrayBufferView<ArrayBuffer>>>,
): Promise<Loaded> => {
  const { device } = gpu;
  const { COPY_DST, COPY_SRC, STORAGE, UNIFORM, MAP_READ } = GPUBufferUsage;
  const bound = new Map<string, GPUBuffer>();
  for (const { name, bytes, role } of buffers) {
    const buffer = device.createBuffer({ size: bytes, usage: STORAGE | COPY_SRC | COPY_DST });
    if (role === "input") device.queue.writeBuffer(buffer, 0, inputs[name]!);
    bound.set(name, buffer);
  }
  const uniform = device.createBuffer({ size: sizes.byteLength, usage: UNIFORM | COPY_DST });
  device.queue.writeBuffer(uniform, 0, sizes);
  bound.set("sizes", uniform);
  const dispatches = await Promise.all(
    passes.map(async (pass) => {
      const pipeline = await pipelineOf(gpu, pass);
      const entries = pass.bindings.map(({ binding, buffer }) => ({
        ...{ binding, resource: { buffer: bound.get(buffer)! } },
      }));
      return {
        ...{ pipeline, workgroups: pass.workgroups },
        group: device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }),
      };
    }),
  );
  return {
    run: async (times) => {
      const encoder = device.createCommandEncoder();
      for (let time = 0; time < times; time++)
        for (const { pipeline, group, workgroups } of dispatches) {
          const pass = encoder.beginComputePass();
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, group);
          pass.dispatchWorkgroups(...workgroups);
          pass.end();
        }
      const begin = performance.now();
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
      return performance.now() - begin;
    },
    read: async (name) => {
      const from = bound.get(name)!;
      const to = device.createBuffer({ size: from.size, usage: COPY_DST | MAP_READ });
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(from, 0, to, 0, from.size);
      device.queue.submit([encoder.finish()]);
      await to.mapAsync(GPUMapMode.READ);
      const read = to.getMappedRange().slice(0);
      to.destroy();
      return read;
    },
    release: () => {
      for (const buffer of bound.values()) buffer.destroy();
    },
  };
};

/** Runs attention over parts once. `inputs` has the contents of each part's buffers by their names. */
export const runParts = async (
  gpu: Gpu,
  { passes, bytes }: PartsKernel,
  inputs: readonly Readonly<Record<string, ArrayBufferView<ArrayBuffer>>>[],
): Promise<{ readonly out: Float32Array; readonly lse: Float32Array }> => {
  const { device } = gpu;
  const { COPY_DST, COPY_SRC, STORAGE, UNIFORM, MAP_READ } = GPUBufferUsage;
  const made: GPUBuffer[] = [];
  const buffer = (size: number, usage: number, data?: ArrayBufferView<ArrayBuffer>): GPUBuffer => {
    const created = device.createBuffer({ size: Math.max(16, size), usage: usage | COPY_DST });
    if (data) device.queue.writeBuffer(created, 0, data);
    made.push(created);
    return created;
  };
  const shared = new Map(Object.entries(bytes).map(([name, size]) => [name, buffer(size, STORAGE | COPY_SRC)]));
  const encoder = device.createCommandEncoder();
  const encoded = encoder.beginComputePass();
  for (const pass of passes) {
    const pipeline = await pipelineOf(gpu, pass);
    const bound = (name: string): GPUBuffer => {
      if (name === "sizes") return buffer(pass.sizes.byteLength, UNIFORM, pass.sizes);
      const data = pass.part === undefined ? undefined : inputs[pass.part]![name];
      return data === undefined ? shared.get(name)! : buffer(data.byteLength, STORAGE, data);
    };
    const entries = pass.bindings.map(({ binding, buffer: name }) => ({ binding, resource: { buffer: bound(name) } }));
    encoded.setPipeline(pipeline);
    encoded.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    encoded.dispatchWorkgroups(...pass.workgroups);
  }
  encoded.end();
  const back = (["out", "lse"] as const).map((name) => {
    const to = buffer(bytes[name], MAP_READ);
    encoder.copyBufferToBuffer(shared.get(name)!, 0, to, 0, bytes[name]);
    return { to, size: bytes[name] };
  });
  device.queue.submit([encoder.finish()]);
  const [out, lse] = await Promise.all(
    back.map(async ({ to, size }) => {
      await to.mapAsync(GPUMapMode.READ);
      return new Float32Array(to.getMappedRange().slice(0, size));
    }),
  );
  for (const each of made) each.destroy();
  return { out: out!, lse: lse! };
};
