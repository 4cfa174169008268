/** ONNX Runtime on an NVIDIA GPU, in Node. Linux on x64 with CUDA 12 only; tensors cross the bus at every run. */
import type { Backend } from "@ropewalk/backend";
import { hostTraits } from "@ropewalk/backend/host";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createSession } from "./session.ts";

export type CudaOptions = {
  /** Which GPU, as CUDA counts them. Default 0. */
  readonly deviceId?: number;
};

const library = "libonnxruntime_providers_cuda.so";

const install = "ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node";

/** What is missing on this machine, or undefined when the provider's library is in place. */
const missing = (): string | undefined => {
  if (process.platform !== "linux" || process.arch !== "x64")
    return `onnxruntime-node has a CUDA provider for linux x64 only, this is ${process.platform} ${process.arch}`;
  const entry = createRequire(import.meta.url).resolve("onnxruntime-node");
  const path = join(dirname(entry), "..", "bin", "napi-v6", "linux", "x64", library);
  return existsSync(path)
    ? undefined
    : `${library} is not installed; run \`${install}\`, allowed by package.json's allowScripts (it needs the network and CUDA 12)`;
};

/**
 * An NVIDIA GPU. Nothing is checked until a session is made; then a missing library is an error that says how to get it.
 *
 * @throws RangeError when `deviceId` is not a non-negative integer
 */
export const cuda = ({ deviceId = 0 }: CudaOptions = {}): Backend => {
  if (!Number.isInteger(deviceId) || deviceId < 0)
    throw new RangeError(`cuda: deviceId must be a non-negative integer, got ${deviceId}`);
  return {
    name: "cuda",
    blocks: "kept",
    ...hostTraits,
    createSession: async (model, externalData) => {
      const problem = missing();
      if (problem !== undefined) throw new Error(`cuda: ${problem}`);
      return createSession("cuda", { executionProviders: [{ name: "cuda", deviceId }] }, model, externalData);
    },
  };
};
