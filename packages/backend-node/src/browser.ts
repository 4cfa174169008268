/** The package's entry in a browser: backends that are unavailable, so that `firstAvailable` passes over them. */
import type { Backend } from "@ropewalk/backend";
import { hostTraits } from "@ropewalk/backend/host";
import type * as Node from "./index.ts";

export type { CpuOptions, CudaOptions } from "./index.ts";

const why = "onnxruntime-node needs Node; in a browser take @ropewalk/backend-wasm or @ropewalk/backend-webgpu";

const nowhere = (name: string): Backend => ({
  name,
  quantizedWeights: "kept",
  ...hostTraits,
  stepsPerRun: 1,
  unavailable: async () => why,
  createSession: async () => {
    throw new Error(`${name}: ${why}`);
  },
});

export const cpu: typeof Node.cpu = () => nowhere("cpu");
export const cuda: typeof Node.cuda = () => nowhere("cuda");
