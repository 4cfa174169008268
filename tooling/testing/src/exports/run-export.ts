/** Exports, original or extended, run with ONNX Runtime as its users run them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as native from "onnxruntime-node";
import * as web from "onnxruntime-web/wasm";
import { configOf, exportPath } from "./export-files.ts";
import { hideFloat16Array } from "./no-float16-array.ts";

hideFloat16Array();

export type Runner = {
  /** Logits of the last token of each row, [batch][vocabSize]; rows are padded on the left with the mask's zeros. */
  readonly step: (rows: readonly (readonly number[])[], masks?: readonly (readonly number[])[]) => Promise<number[][]>;
  /** What the last step gave, by the outputs' names. */
  readonly results: () => native.InferenceSession.ReturnType;
  readonly reset: () => void;
  readonly session: native.InferenceSession;
  readonly release: () => Promise<void>;
};

const dataFile = "model.onnx_data";

const half = (bits: number): number => {
  const [sign, exponent, fraction] = [bits >> 15, (bits >> 10) & 31, bits & 1023];
  const value = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return sign ? -value : value;
};

type Tensor = native.Tensor;

const numbers = ({ data }: Tensor): number[] =>
  data instanceof Uint16Array ? Array.from(data, half) : Array.from(data as Float32Array);

/** What the two builds of ONNX Runtime have in common. */
type Runtime = Pick<typeof native, "Tensor">;

const int64 = ({ Tensor }: Runtime, rows: readonly (readonly number[])[]): Tensor =>
  new Tensor("int64", BigInt64Array.from(rows.flat().map(BigInt)), [rows.length, rows[0]!.length]);

/** A session of a model whose data lies in an export's folder, on the CPU. */
export const open = async (name: string, model: Uint8Array): Promise<Runner> => {
  const folder = mkdtempSync(join(tmpdir(), "onnx-exports-"));
  writeFileSync(join(folder, "model.onnx"), model);
  if (readdirSync(exportPath(name)).includes(dataFile))
    writeFileSync(join(folder, dataFile), readFileSync(join(exportPath(name), dataFile)));
  const session = await native.InferenceSession.create(join(folder, "model.onnx"), {
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  rmSync(folder, { recursive: true });
  return runnerOf(configOf(name), native, session);
};

const setUpWasm = (): void => {
  const binary = createRequire(import.meta.url).resolve("onnxruntime-web/ort-wasm-simd-threaded.wasm");
  web.env.wasm.wasmBinary = new Uint8Array(readFileSync(binary)).buffer;
  web.env.wasm.numThreads = 1;
};

/** A session of a model that holds its weights, in one of ONNX Runtime's builds. */
export const openIn = async (
  runtime: "cpu" | "wasm",
  config: Readonly<Record<string, unknown>>,
  model: Uint8Array,
): Promise<Runner> => {
  if (runtime === "cpu") {
    const threads = { intraOpNumThreads: 1, interOpNumThreads: 1 };
    return runnerOf(config, native, await native.InferenceSession.create(model, { logSeverityLevel: 3, ...threads }));
  }
  setUpWasm();
  const session = await web.InferenceSession.create(model, { logSeverityLevel: 3 });
  return runnerOf(config, web as unknown as Runtime, session as unknown as native.InferenceSession);
};

/** An export's session in WebAssembly. */
export const openInWasm = async (name: string, model: Uint8Array): Promise<Runner> => {
  setUpWasm();
  const external = readdirSync(exportPath(name)).includes(dataFile);
  const session = await web.InferenceSession.create(model, {
    logSeverityLevel: 3,
    ...(external ? { externalData: [{ path: dataFile, data: readFileSync(join(exportPath(name), dataFile)) }] } : {}),
  });
  return runnerOf(configOf(name), web as unknown as Runtime, session as unknown as native.InferenceSession);
};

const runnerOf = (
  config: Readonly<Record<string, unknown>>,
  runtime: Runtime,
  session: native.InferenceSession,
): Runner => {
  const { Tensor } = runtime;
  let past: Map<string, Tensor> | undefined;
  let columns: number[][] = [];
  let results: native.InferenceSession.ReturnType = {};
  const empty = (batch: number): Map<string, Tensor> =>
    new Map(
      session.inputMetadata.flatMap((input) => {
        if (!input.isTensor || !input.name.startsWith("past")) return [];
        const headDim =
          (config["head_dim"] as number) ??
          (config["hidden_size"] as number) / (config["num_attention_heads"] as number);
        const dims = [batch, input.shape[1] as number, 0, headDim];
        const data = input.type === "float16" ? new Uint16Array(0) : new Float32Array(0);
        return [[input.name, new Tensor(input.type as "float32", data as Float32Array, dims)] as const];
      }),
    );
  return {
    session,
    results: () => results,
    reset: () => {
      past = undefined;
      columns = [];
    },
    release: () => session.release(),
    step: async (rows, masks) => {
      past ??= empty(rows.length);
      const fresh = masks ?? rows.map((row) => row.map(() => 1));
      columns = fresh.map((mask, b) => [...(columns[b] ?? []), ...mask]);
      const positions = columns.map((mask, b) => {
        let ones = 0;
        return mask.map((one) => Math.max(0, (ones += one) - 1)).slice(-rows[b]!.length);
      });
      const feeds: Record<string, Tensor> = {
        input_ids: int64(runtime, rows),
        attention_mask: int64(runtime, columns),
        ...(session.inputNames.includes("position_ids") ? { position_ids: int64(runtime, positions) } : {}),
        ...Object.fromEntries(past),
      };
      results = await session.run(feeds);
      past = new Map(
        [...past.keys()].map((input) => [input, results[input.replace("past_key_values", "present")] as Tensor]),
      );
      const logits = results["logits"] as Tensor;
      const [batch, seqLen, vocab] = logits.dims as [number, number, number];
      const all = numbers(logits);
      return Array.from({ length: batch }, (_, b) => {
        const at = (b * seqLen + seqLen - 1) * vocab;
        return all.slice(at, at + vocab);
      });
    },
  };
};
