/**
 * Runs the attention kernel on a page's device: for each node of a graph, a compute pass with a dispatch for each part of the keys and one that
 * merges them. The runtime has submitted what it computed before, and computes what follows after, on the same queue, so nothing waits.
 */
import {
  kernelOfNode,
  partSizes,
  readKernelNode,
  type NodeAttributes,
  type NodeKernel,
  type PartSizes,
  type PartsPass,
} from "@ropewalk/attention-merge/wgsl";
import type { HostTensor } from "@ropewalk/backend";
import type { NodeProto } from "@ropewalk/graph";
import type { GpuMemory } from "../browser/device.ts";
import { usages } from "../browser/usage.ts";
import type { Placed } from "../device.ts";
import type { Pipelines } from "./pipelines.ts";

type Held = HostTensor | Placed<GpuMemory>;

/** How far apart uniform buffers begin in a buffer, in bytes: no device asks for more. */
const uniformStep = 256;

type Bound = { readonly buffer: GPUBuffer; readonly offset?: number; readonly size?: number };

/** A buffer that grows. What was in it is lost then. */
type Scratch = { readonly atLeast: (bytes: number) => GPUBuffer; readonly free: () => void };

const scratch = (device: GPUDevice, usage: number): Scratch => {
  let buffer: GPUBuffer | undefined;
  const free = (): void => {
    // Submitted commands are carried out before.
    buffer?.destroy();
    buffer = undefined;
  };
  return {
    atLeast: (bytes) => {
      if (buffer === undefined || buffer.size < bytes) {
        free();
        buffer = device.createBuffer({ size: bytes, usage });
      }
      return buffer;
    },
    free,
  };
};

/** The kernel of nodes that attend alike, for one run: the sizes of its passes are written once. */
type Planned = { readonly sizes: string; readonly kernel: NodeKernel };

/** What a node's inputs say before its kernel is known. */
const sizesOf = (attributes: NodeAttributes, inputs: readonly Held[]): readonly PartSizes[] => {
  const [ranges] = inputs as readonly [Held];
  if (ranges.place !== "host") throw new TypeError("webgpu: the ranges of the parts must be on the host, got a device");
  return partSizes(attributes, ranges.data, (input) => inputs[input]!.dims.at(-2)!);
};

const attributesOf = (node: NodeProto): NodeAttributes =>
  readKernelNode((name) => {
    const { ints, i, f } = node.attribute.find((each) => each.name === name)!;
    return ints.length > 0 ? ints.map(Number) : [i === undefined ? f! : Number(i)];
  });

export type KernelRunner = {
  readonly prepare: (node: NodeProto) => (inputs: readonly Held[]) => Promise<Placed<GpuMemory>>;
  readonly release: () => void;
};

/** The kernel's buffers of one session. A layer's result is read before the next layer's is written, so all layers share them. */
export const kernelRunner = (device: GPUDevice, pipelines: Pipelines): KernelRunner => {
  const storage = usages.storage | usages.copySource | usages.copyTarget;
  const outs = scratch(device, storage);
  const others = {
    lse: scratch(device, storage),
    partialOut: scratch(device, storage),
    partialLse: scratch(device, storage),
  };
  /** For nodes of the same attributes: layers that attend alike. */
  const alike = new Map<string, { planned: Planned | undefined; readonly uniforms: Scratch }>();

  const kernelFor = (attributes: NodeAttributes, inputs: readonly Held[]) => {
    const key = JSON.stringify(attributes);
    const kept = alike.get(key) ?? {
      planned: undefined,
      uniforms: scratch(device, usages.uniform | usages.copyTarget),
    };
    alike.set(key, kept);
    const sizes = sizesOf(attributes, inputs);
    const asText = JSON.stringify(sizes);
    if (kept.planned?.sizes !== asText) {
      const kernel = kernelOfNode(attributes, sizes, device.limits);
      kept.planned = { sizes: asText, kernel };
      const uniforms = kept.uniforms.atLeast(uniformStep * kernel.passes.length);
      kernel.passes.forEach((pass, at) => device.queue.writeBuffer(uniforms, uniformStep * at, pass.sizes));
    }
    const { kernel } = kept.planned!;
    return { kernel, uniforms: kept.uniforms.atLeast(uniformStep * kernel.passes.length) };
  };

  const run = async (attributes: NodeAttributes, inputs: readonly Held[]): Promise<Placed<GpuMemory>> => {
    const { kernel, uniforms } = kernelFor(attributes, inputs);
    const { passes, bytes } = kernel;
    const out = outs.atLeast(bytes.out);
    const own: Readonly<Record<string, GPUBuffer | undefined>> = {
      out,
      lse: others.lse.atLeast(bytes.lse),
      ...(bytes.partialOut > 0 && {
        partialOut: others.partialOut.atLeast(bytes.partialOut),
        partialLse: others.partialLse.atLeast(bytes.partialLse),
      }),
    };
    const inputBuffer = (part: number, name: string): GPUBuffer => {
      const input = inputs[kernel.inputs[part]![name]!]!;
      if (input.place === "host")
        throw new TypeError(
          `webgpu: ${name} of attention by the kernel must be on the device, got a tensor on the host`,
        );
      return input.memory.buffer;
    };
    const bound = ({ part, sizes }: PartsPass, at: number, name: string): Bound => {
      if (name === "sizes") return { buffer: uniforms, offset: uniformStep * at, size: sizes.byteLength };
      return { buffer: own[name] ?? inputBuffer(part!, name) };
    };
    const made = await Promise.all(passes.map(pipelines));
    const encoder = device.createCommandEncoder();
    const encoded = encoder.beginComputePass();
    passes.forEach((pass, at) => {
      const pipeline = made[at]!;
      const entries = pass.bindings.map(({ binding, buffer }) => ({ binding, resource: bound(pass, at, buffer) }));
      encoded.setPipeline(pipeline);
      encoded.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
      encoded.dispatchWorkgroups(...pass.workgroups);
    });
    encoded.end();
    device.queue.submit([encoder.finish()]);
    const { numHeads, headDim } = attributes;
    const dims = [bytes.out / (4 * numHeads * headDim), numHeads * headDim];
    return { place: "memory", type: "float32", dims, memory: { buffer: out, free: () => undefined } };
  };

  return {
    prepare: (node) => {
      const attributes = attributesOf(node);
      return (inputs) => run(attributes, inputs);
    },
    release: () => {
      for (const buffer of [outs, ...Object.values(others), ...[...alike.values()].map(({ uniforms }) => uniforms)])
        buffer.free();
    },
  };
};
