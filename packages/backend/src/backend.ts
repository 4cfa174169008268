/** One place where graphs run. A backend is a value that is passed in: there is no default and no registry. */
import type { TensorBuffer, BufferType } from "./tensor-buffer.ts";
import type { Tensor } from "./tensor.ts";

/** The bytes behind the tensors that a graph names as external data: a file to be memory-mapped, or bytes in memory. */
export type ExternalData =
  | { readonly kind: "path"; readonly folder: string; readonly file: string }
  | { readonly kind: "bytes"; readonly file: string; readonly data: Uint8Array };

export type Fetches = {
  /** Outputs that come back as host tensors. */
  readonly read: readonly string[];
  /**
   * Outputs that may stay where the backend computes, to be written to a buffer or fed again. They are valid until the next run
   * of the same session has ended.
   */
  readonly keep?: readonly string[];
};

export type Session = {
  /** Names of the graph's inputs and outputs. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /**
   * Runs the graph once.
   *
   * @throws Error naming the backend, and the input or output, when one is missing or unknown or the run fails
   */
  readonly run: (
    feeds: Readonly<Record<string, Tensor>>,
    fetches: Fetches,
  ) => Promise<Readonly<Record<string, Tensor>>>;
  readonly release: () => Promise<void>;
};

export type Backend = {
  readonly name: string;
  /**
   * How products with matrices in blocks of 4 or 8 bits run best: kept as they lie, or unpacked to float32 when the session
   * loads, which takes that much memory.
   */
  readonly quantizedWeights: "kept" | "unpacked";
  /**
   * How many tokens are best decoded in one run: 1 where a run reads the cache where it lies, more where each run carries it to
   * a device.
   */
  readonly stepsPerRun: number;
  /** What keeps it from running here, in words; undefined when nothing does. Loads the runtime at most, no model. */
  readonly unavailable: () => Promise<string | undefined>;
  /**
   * Which operators run where the backend computes: all that ONNX has, or the plain ones, one after another, over float32 and
   * integers. With plain ones alone a graph with If, Scan, Loop or narrower floats is not for this backend.
   */
  readonly operators: "all" | "plain";
  /**
   * What products with dense weights read, and what a cache is kept in unless it is asked for otherwise. Whatever it is, results of
   * products are summed up and given in float32.
   */
  readonly precision: "float32" | "float16";
  /** What dense weights may be stored in, to be brought to `precision` when the session loads. */
  readonly weightTypes: readonly ("float32" | "float16" | "bfloat16")[];
  /** What its buffers may hold. */
  readonly bufferTypes: readonly BufferType[];
  /**
   * Loads a graph.
   *
   * @param model - an encoded ONNX model
   * @param externalData - the files that its external tensors name
   * @throws Error naming the backend when the graph or its data cannot be loaded
   */
  readonly createSession: (model: Uint8Array, externalData?: readonly ExternalData[]) => Promise<Session>;
  /**
   * A zeroed buffer of `length` elements, float32 unless said otherwise.
   *
   * @throws TypeError naming the backend and the type when it is none of `bufferTypes`
   */
  readonly allocate: (length: number, type?: BufferType) => TensorBuffer;
};

/** Where buffers live: what a cache needs of a backend. */
export type Memory = Pick<Backend, "name" | "allocate">;

/**
 * Checks runs of one session; what it knows of the session it works out once.
 *
 * @returns a check that throws RangeError unless the feeds are exactly the session's inputs and the fetches among its outputs
 */
export const runChecks = (
  name: string,
  { inputs, outputs }: Pick<Session, "inputs" | "outputs">,
): ((feeds: Readonly<Record<string, Tensor>>, fetches: Fetches) => void) => {
  const [inputNames, outputNames] = [new Set(inputs), new Set(outputs)];
  return (feeds, { read, keep = [] }) => {
    const missing = inputs.find((input) => !Object.hasOwn(feeds, input));
    if (missing !== undefined)
      throw new RangeError(`${name}: run needs the input ${missing}, got ${Object.keys(feeds)}`);
    const unknown = Object.keys(feeds).find((feed) => !inputNames.has(feed));
    if (unknown !== undefined) throw new RangeError(`${name}: the graph has no input ${unknown}, only ${inputs}`);
    const absent = [...read, ...keep].find((output) => !outputNames.has(output));
    if (absent !== undefined) throw new RangeError(`${name}: the graph has no output ${absent}, only ${outputs}`);
  };
};
