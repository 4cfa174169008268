/** The interface of a place where graphs run. A backend is a value that is passed in: there is no default and no registry. */
import type { TensorBuffer, BufferType } from "./tensor-buffer.ts";
import type { Tensor } from "./tensor.ts";

/** The bytes of the tensors that a graph names as external data: a file, which may be memory-mapped, or bytes in memory. */
export type ExternalData =
  | { readonly kind: "path"; readonly folder: string; readonly file: string }
  | { readonly kind: "bytes"; readonly file: string; readonly data: Uint8Array };

export type Fetches = {
  /** Outputs that come back as host tensors. */
  readonly read: readonly string[];
  /**
   * Outputs that may stay where the backend computes, to be written to a buffer or fed again. They are valid until the next run
   * of the same session has ended. Those on the host have memory of their own, which whoever reads them may give back (`freeTensors`),
   * or are parts of a larger buffer.
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
   * How products with matrices in blocks of 4 or 8 bits run best: with the blocks kept, or unpacked to float32 when the session
   * loads, which takes more memory.
   */
  readonly quantizedWeights: "kept" | "unpacked";
  /**
   * How many tokens are best decoded in one run: 1 if a run reads the cache in place, more if each run copies the cache to a device.
   */
  readonly stepsPerRun: number;
  /** The reason why the backend cannot run here, in words; undefined if it can. It may load the runtime, but no model. */
  readonly unavailable: () => Promise<string | undefined>;
  /**
   * Which operators the backend can run: all of ONNX, or only plain ones, which work on float32 and integers. A backend of plain
   * operators cannot run graphs with If, Scan, Loop or narrower floats.
   */
  readonly operators: "all" | "plain";
  /**
   * How graphs attend to a cache: as operators, or as one node a layer that the backend runs by a kernel of its own.
   */
  readonly attention: "operators" | "kernel";
  /**
   * The type in which products read dense weights, and the default type of a cache. With either precision, the results of products
   * are float32.
   */
  readonly precision: "float32" | "float16";
  /** The types in which dense weights may be stored. They are converted to `precision` when the session loads. */
  readonly weightTypes: readonly ("float32" | "float16" | "bfloat16")[];
  /** The types that buffers may hold. */
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

/** The part of a backend that a cache needs: it allocates buffers. */
export type Memory = Pick<Backend, "name" | "allocate">;

/**
 * Prepares the check of one session's runs.
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
