/**
 * ONNX Runtime compiled to WebAssembly, in the browser and in Node.
 *
 * Every input is copied into WebAssembly's memory and every output out of it, so each step copies the cache once, which the CPU
 * backend does not. The memory's limit is 4 GB.
 */
import type { Backend, ExternalData, Session } from "@ropewalk/backend";
import { hostSession, hostTraits, reason, takeTurns, type RuntimeSession } from "@ropewalk/backend/host";
import { check, checkKeys, checkOneOf } from "@ropewalk/check";
import { locateBinary, readExternal, startRuntime } from "#environment";
import { macrotask } from "./macrotask.ts";
import { hasSimd } from "./simd.ts";

export type WasmOptions = {
  /**
   * The number of threads of one run; more than 1 only in a cross-origin isolated page. Default 1, or as many as the runtime of this page or
   * worker has: it keeps the number that it was started with.
   */
  readonly threads?: number;
  /**
   * How products with matrices in blocks run. Default "unpacked", because the runtime's own product with blocks takes 12 times as
   * long in WebAssembly. "kept" is for models whose float32 weights exceed WebAssembly's 4 GB.
   */
  readonly quantizedWeights?: Backend["quantizedWeights"];
};

/**
 * Each process has one runtime, with one stack and the external files of one session at a time. So sessions are made, run and
 * released one after another.
 */
const inTurn = takeTurns();

/** The number of threads that the runtime was started with. */
let startedWith: number | undefined;

const threadsOf = (asked: number | undefined): number => {
  startedWith ??= asked ?? 1;
  if (asked !== undefined && asked !== startedWith)
    throw new RangeError(
      `wasm: threads must be ${startedWith}, with which the runtime here was started, got ${asked}; a worker starts a runtime of its own`,
    );
  return startedWith;
};

const openRuntime = async (asked: number | undefined) => {
  if (!hasSimd()) throw new Error("wasm: WebAssembly must have SIMD, got none here");
  const threads = threadsOf(asked);
  const runtime = await import("onnxruntime-web/wasm");
  const binary = await locateBinary();
  const flags = runtime.env.wasm;
  flags.numThreads = threads;
  if (binary !== undefined) flags.wasmBinary = binary;
  await inTurn(() => startRuntime(runtime));
  // Where it cannot have so many, the runtime goes on with one, and sets its flag.
  if (flags.numThreads !== threads)
    throw new RangeError(
      `wasm: threads must be ${flags.numThreads}, as many as the runtime can have here, got ${threads}`,
    );
  return runtime;
};

const createSession = async (
  threads: number | undefined,
  model: Uint8Array,
  externalData: readonly ExternalData[],
): Promise<Session> => {
  const runtime = await openRuntime(threads);
  const external = await Promise.all(externalData.map(readExternal));
  const load = async (): Promise<RuntimeSession> => {
    const session = await runtime.InferenceSession.create(model, {
      executionProviders: ["wasm"],
      logSeverityLevel: 3,
      // Shapes change with every token, so a memory plan would never be used again.
      enableMemPattern: false,
      externalData: external,
    });
    const run: RuntimeSession["run"] = async (feeds, fetches) => {
      const results = await session.run(feeds, fetches);
      await macrotask();
      return results;
    };
    return {
      inputNames: session.inputNames,
      outputNames: session.outputNames,
      run: (feeds, fetches) => inTurn(() => run(feeds, fetches)),
      release: () => inTurn(() => session.release()),
    };
  };
  return hostSession(
    "wasm",
    () => inTurn(load),
    ({ type, data, dims }) => new runtime.Tensor(type, data, dims),
  );
};

const whyNotStarted = (threads: number | undefined): Promise<string | undefined> =>
  openRuntime(threads).then(
    () => undefined,
    (error: unknown) =>
      reason(error).startsWith("wasm: ")
        ? reason(error).slice("wasm: ".length)
        : `onnxruntime-web cannot be loaded: ${reason(error)}`,
  );

/**
 * ONNX Runtime in WebAssembly, as a backend.
 *
 * @throws RangeError when `threads` is not a positive integer, or more than 1 outside a cross-origin isolated page, or
 *   `quantizedWeights` is neither kept nor unpacked; TypeError for a value of another type and an unknown key
 */
export const wasm = (options: WasmOptions = {}): Backend => {
  checkKeys<WasmOptions>("wasm", "options", options, { threads: true, quantizedWeights: true });
  const { threads, quantizedWeights = "unpacked" } = options;
  const isolated = (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated === true;
  const possible = threads === undefined || (Number.isInteger(threads) && threads >= 1 && (threads === 1 || isolated));
  const rule = `wasm: threads must be a positive integer${isolated ? "" : ", and 1 outside a cross-origin isolated page"}`;
  check(possible, rule, threads, "number");
  checkOneOf("wasm", "quantizedWeights", quantizedWeights, ["kept", "unpacked"]);
  return {
    name: "wasm",
    quantizedWeights,
    ...hostTraits,
    stepsPerRun: 1,
    unavailable: async () =>
      (globalThis as { readonly WebAssembly?: object }).WebAssembly === undefined
        ? "there is no WebAssembly here"
        : whyNotStarted(threads),
    createSession: (model, externalData = []) => createSession(threads, model, externalData),
  };
};
