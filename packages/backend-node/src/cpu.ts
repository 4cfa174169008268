/** ONNX Runtime on the CPU, in Node. Inputs are read where they lie; only outputs are copied. */
import type { Backend } from "@ropewalk/backend";
import { hostTraits, whyNotLoaded } from "@ropewalk/backend/host";
import { createSession } from "./session.ts";

export type CpuOptions = {
  /** Threads of one run. Absent: as many as there are physical cores. */
  readonly threads?: number;
  /** Whether idle threads spin: faster by a tenth when one session runs alone, far slower when several do. Default false. */
  readonly spinning?: boolean;
};

/**
 * The CPU.
 *
 * @throws RangeError when `threads` is not a positive integer
 */
export const cpu = ({ threads, spinning = false }: CpuOptions = {}): Backend => {
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1))
    throw new RangeError(`cpu: threads must be a positive integer, got ${threads}`);
  return {
    name: "cpu",
    blocks: "kept",
    ...hostTraits,
    decodeBlock: 1,
    unavailable: () => whyNotLoaded("onnxruntime-node", () => import("onnxruntime-node")),
    createSession: (model, externalData) =>
      createSession(
        "cpu",
        {
          executionProviders: ["cpu"],
          ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
          entries: { intra_op: { allow_spinning: spinning ? "1" : "0" } },
        },
        model,
        externalData,
      ),
  };
};
