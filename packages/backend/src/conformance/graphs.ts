/** Runs a graph on given inputs and compares the output with that of a reference implementation. */
import type { Backend, ExternalData } from "../backend.ts";
import { prepare, type Recipe } from "./recipe.ts";

export type GraphCase = {
  readonly name: string;
  /** An encoded ONNX model, base64. */
  readonly model: string;
  readonly feeds: Readonly<Record<string, Recipe>>;
  /** The graph's external data: float32 tensors, one after another in a file called "weights". */
  readonly weights?: readonly Recipe[];
  readonly expected: {
    /** Default "out". */
    readonly output?: string;
    /** Default float32. */
    readonly type?: "int64";
    readonly dims: readonly number[];
    /** The elements as float32, whatever the type; little-endian, base64. */
    readonly data: string;
  };
  /** A larger tolerance, for an operator that rounds more than float32 does. */
  readonly tolerance?: number;
};

/** Largest difference allowed between any backend and the reference, on outputs of the order of 1. */
export const tolerance = 1e-4;

export const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

const externalData = ({ weights }: GraphCase): readonly ExternalData[] => {
  if (weights === undefined) return [];
  const tensors = weights.map((recipe) => prepare(recipe).data as Float32Array);
  const joined = new Float32Array(tensors.reduce((sum, { length }) => sum + length, 0));
  tensors.reduce((at, tensor) => (joined.set(tensor, at), at + tensor.length), 0);
  return [{ kind: "bytes", file: "weights", data: new Uint8Array(joined.buffer) }];
};

/** Checks that a backend without int8 refuses to load a graph that reads int8, with its name in the error. */
const checkRefused = async (backend: Backend, graph: GraphCase): Promise<void> => {
  const outcome = await backend.createSession(bytesOf(graph.model), externalData(graph)).then(
    (session) => session.release().then(() => "loaded"),
    (error: Error) => error.message,
  );
  if (!outcome.startsWith(`${backend.name}: `))
    throw new Error(
      `${graph.name}: ${backend.name} has no int8 and must refuse to load it by its name, got: ${outcome}`,
    );
};

/** @throws Error naming the case, the element and both values when the backend and the reference differ. */
export const runGraphCase = async (backend: Backend, graph: GraphCase): Promise<void> => {
  const readsBytes = Object.values(graph.feeds).some(({ kind }) => kind === "bytes");
  if (readsBytes && !backend.bufferTypes.includes("int8")) return checkRefused(backend, graph);
  const session = await backend.createSession(bytesOf(graph.model), externalData(graph));
  const feeds = Object.fromEntries(Object.entries(graph.feeds).map(([name, recipe]) => [name, prepare(recipe)]));
  const { output = "out", type = "float32", dims, data } = graph.expected;
  const { [output]: out } = await session.run(feeds, { read: [output] });
  await session.release();
  if (out?.place !== "host" || out.type !== type)
    throw new Error(`${graph.name}: ${output} must be ${type} on the host, got ${out?.type} on ${out?.place}`);
  if (String(out.dims) !== String(dims))
    throw new Error(`${graph.name}: ${output} must be [${dims}], got [${out.dims}]`);
  const allowed = graph.tolerance ?? tolerance;
  const expected = new Float32Array(bytesOf(data).buffer);
  for (let i = 0; i < expected.length; i++) {
    const got = Number(out.data[i]);
    if (!(Math.abs(got - expected[i]!) <= allowed))
      throw new Error(`${graph.name}: ${output}[${i}] must be ${expected[i]} within ${allowed}, got ${got}`);
  }
};
