/** ONNX Runtime on the CPU, in Node. Inputs are read in place; only outputs are copied. */
import type { Backend } from "@ropewalk/backend";
import { hostTraits, whyNotLoaded } from "@ropewalk/backend/host";
import { check, checkKeys, checkNumber } from "@ropewalk/check";
import { loadRuntime } from "./runtime.ts";
import { createSession } from "./session.ts";

export type CpuOptions = {
  /** The number of threads of one run. Absent: the number of physical cores. */
  readonly threads?: number;
  /** Whether idle threads spin: faster by a tenth when one session runs alone, far slower when several do. Default false. */
  readonly spinning?: boolean;
};

/**
 * The CPU.
 *
 * @throws RangeError when `threads` is not a positive integer, TypeError for a value of another type and an unknown key
 */
export const cpu = (options: CpuOptions = {}): Backend => {
  checkKeys<CpuOptions>("cpu", "options", options, { threads: true, spinning: true });
  const { threads, spinning = false } = options;
  if (threads !== undefined)
    checkNumber("cpu", "threads", threads, Number.isInteger(threads) && threads >= 1, "a positive integer");
  check(typeof spinning === "boolean", "cpu: spinning must be true or false", spinning, "boolean");
  return {
    name: "cpu",
    quantizedWeights: "kept",
    ...hostTraits,
    stepsPerRun: 1,
    unavailable: () => whyNotLoaded("onnxruntime-node", loadRuntime),
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
