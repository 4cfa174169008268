/**
 * Every operator of the graphs that the loop runs, by itself: what a backend makes of it beside what another one does, on the numbers
 * that really come to it.
 */
import type { Backend, ExternalData, HostTensor, Tensor } from "@ropewalk/backend";
import { compose, logN, selfExtend } from "@ropewalk/context-extension";
import { extendDecoder } from "@ropewalk/decoder";
import { decode, encode, node, tensorToArray, typeCode, valueInfo } from "@ropewalk/graph";
import type { ModelProto, NodeProto, Value } from "@ropewalk/graph";
import { loadCheckpoint, quantizeCheckpoint } from "@ropewalk/models";
import { modelVectors } from "@ropewalk/testing/vectors";
import { resume } from "../../../graph/src/record/resume.ts";
import { train, type LoraConfig } from "../../src/index.ts";
import type { OpenModelFolder } from "./place.ts";

type Graph = {
  /** Its folder among the test vectors of `models`. */
  readonly family: string;
  readonly quantize?: "q4" | "q8";
  readonly lora?: LoraConfig;
  readonly gradientCheckpointing?: true;
  /** Tokens of a sample. */
  readonly seqLen: number;
};

/** More tokens than a tile of any kernel has, and no multiple of 4; above 128 attention is in blocks of rows. */
const graphs = {
  "llama, all weights": { family: "tiny/llama", seqLen: 67 },
  "phi, all weights": { family: "tiny/phi", seqLen: 67 },
  "gemma, all weights": { family: "layered/gemma", seqLen: 67 },
  "qwen3, all weights": { family: "layered/qwen3", seqLen: 67 },
  "llama, all weights, recomputed": { family: "tiny/llama", seqLen: 301, gradientCheckpointing: true },
  "solar, an adapter over bfloat16": { family: "tiny/solar", seqLen: 67, lora: { rank: 4 } },
  "llama, an adapter over 4 bits": { family: "tiny/llama", seqLen: 67, quantize: "q4", lora: { rank: 4 } },
  "qwen2, an adapter over 8 bits, recomputed": {
    family: "tiny/qwen2",
    seqLen: 67,
    gradientCheckpointing: true,
    quantize: "q8",
    lora: { rank: 3 },
  },
} as const satisfies Readonly<Record<string, Graph>>;

export type GraphName = keyof typeof graphs;
export const graphNames = Object.keys(graphs) as GraphName[];

const batchSize = 2;

type Feeds = Readonly<Record<string, Tensor>>;
export type RunGraph = { readonly model: ModelProto; readonly files: readonly ExternalData[]; readonly feeds: Feeds };

/** What the loop runs on a backend, and is fed in its second step, where nothing is zeros any more. The reference computes. */
export const recordGraph = async (
  backend: Omit<Backend, "createSession">,
  reference: Backend,
  open: OpenModelFolder,
  name: GraphName,
): Promise<RunGraph> => {
  const { family, seqLen, quantize, lora, gradientCheckpointing }: Graph = graphs[name];
  const dense = await loadCheckpoint(await open(`${modelVectors}/${family}`));
  const source = quantize ? await quantizeCheckpoint(dense, quantize) : dense;
  const extension = compose(selfExtend({ groupSize: 4, window: 24 }), logN({ trainedContext: 16 }));
  const extended = extendDecoder(source.decoder, extension);
  let recorded: RunGraph | undefined;
  const createSession: Backend["createSession"] = async (model, files = []) => {
    const session = await reference.createSession(model, files);
    const run: typeof session.run = (feeds, fetches) => {
      recorded = { model: decode(model), files, feeds };
      return session.run(feeds, fetches);
    };
    return { ...session, run };
  };
  const data = Array.from({ length: batchSize }, (_, sample) => ({
    ids: Array.from(
      { length: seqLen },
      (_none, t) => (t * 7 + ((t * t) % 11) + 13 * sample) % source.decoder.vocabSize,
    ),
  }));
  await train({
    model: { backend: { ...backend, createSession }, source, extended },
    data,
    seqLen,
    batchSize,
    steps: 2,
    learningRate: 1e-2,
    schedule: { kind: "constant" },
    ...(lora && { lora }),
    ...(gradientCheckpointing && { gradientCheckpointing }),
  });
  return recorded!;
};

type Known = {
  readonly values: ReadonlyMap<string, Value>;
  readonly constants: ReadonlySet<string>;
  /** The node that gives a value. */
  readonly producers: ReadonlyMap<string, NodeProto>;
};

export const knownOf = (model: ModelProto): Known => ({
  values: resume(model).values,
  constants: new Set(model.graph!.initializer.map(({ name }) => name)),
  producers: new Map(model.graph!.node.flatMap((one) => one.output.map((output) => [output, one] as const))),
});

/** What a session is fed and gives. */
const plain = (value: Value | undefined): boolean => value?.type === "float32" || value?.type === "int32";

/** Whether nothing that is only known in a run comes to a node. */
const isConstant = (known: Known, { input }: NodeProto): boolean =>
  input.every((name) => name === "" || known.constants.has(name) || isComputedOnce(known, name));

const isComputedOnce = (known: Known, name: string): boolean => {
  const producer = known.producers.get(name);
  return producer !== undefined && isConstant(known, producer);
};

/** A node and those before it that no session could be fed the results of: bytes, bools, int64. */
const withProducers = (known: Known, one: NodeProto): readonly NodeProto[] => {
  const before = one.input.flatMap((name) => {
    const producer = known.producers.get(name);
    return producer && (!plain(known.values.get(name)) || isConstant(known, producer))
      ? withProducers(known, producer)
      : [];
  });
  return [...new Set([...before, one])];
};

/** What makes one node like another: all but names. */
const kindOf = ({ values, constants, producers }: Known, model: ModelProto, nodes: readonly NodeProto[]): string => {
  const tensors = new Map(model.graph!.initializer.map((tensor) => [tensor.name, tensor]));
  const operand = (name: string): string => {
    const { type, dims } = values.get(name) ?? {};
    const tensor = tensors.get(name);
    const short = tensor && type === "int64" && tensor.externalData.length === 0;
    const elements = short ? `=${Array.from(tensorToArray(tensor).data).slice(0, 8).join()}` : "";
    const fromOutside = producers.has(name) ? "" : "input ";
    return `${constants.has(name) ? "constant " : fromOutside}${type}[${dims?.join()}]${elements}`;
  };
  return nodes
    .map(({ domain, opType, input, attribute }) => {
      const attributes = attribute.map(({ name, i, f, ints, s }) => `${name} ${i} ${f} ${ints.join()} ${String(s)}`);
      return `${domain}:${opType}(${input.map(operand).join(", ")}) ${attributes.join("; ")}`;
    })
    .join(" | ");
};

/** Those nodes as a graph, whose outputs are float32 or int32. */
const graphOf = ({ values, constants }: Known, model: ModelProto, nodes: readonly NodeProto[]): ModelProto => {
  const given = new Set(nodes.flatMap(({ output }) => output));
  const read = [...new Set(nodes.flatMap(({ input }) => input))].filter((name) => name !== "" && !given.has(name));
  const outputs = nodes.at(-1)!.output.filter((name) => name !== "");
  const casts = outputs.filter((name) => !plain(values.get(name)));
  return {
    ...model,
    graph: {
      ...model.graph!,
      node: [...nodes, ...casts.map((name) => node("Cast", [name], [`${name}.cast`], { to: typeCode("float32") }))],
      input: read.filter((name) => !constants.has(name)).map((name) => valueInfo(values.get(name)!)),
      initializer: model.graph!.initializer.filter(({ name }) => read.includes(name)),
      output: outputs.map((name) => {
        const value = values.get(name)!;
        return valueInfo(plain(value) ? value : { ...value, name: `${name}.cast`, type: "float32" });
      }),
    },
  };
};

const runOnce = async (backend: Backend, { model, files, feeds }: RunGraph): Promise<Feeds> => {
  const needed = new Set(
    model.graph!.initializer.flatMap(({ externalData }) =>
      externalData.flatMap(({ key, value }) => (key === "location" ? [value] : [])),
    ),
  );
  const session = await backend.createSession(
    encode(model),
    files.filter(({ file }) => needed.has(file)),
  );
  try {
    const fed = Object.fromEntries(session.inputs.map((name) => [name, feeds[name]!]));
    return await session.run(fed, { read: session.outputs });
  } finally {
    await session.release();
  }
};

/** The largest difference, relative to the largest element; Infinity for another shape. */
const difference = (got: HostTensor, wanted: HostTensor): number => {
  if (got.dims.join() !== wanted.dims.join()) return Infinity;
  let [most, largest] = [0, 0];
  for (let at = 0; at < wanted.data.length; at++) {
    const [mine, theirs] = [Number(got.data[at]), Number(wanted.data[at])];
    const apart = Math.abs(mine - theirs);
    if (!(apart <= most)) most = apart;
    largest = Math.max(largest, Math.abs(theirs));
  }
  return most === 0 ? 0 : most / largest;
};

/** The largest difference of each operator's results, by its name; a text for one that could not be run. */
export type OperatorDifferences = Readonly<Record<string, number | string>>;

export const compareOperators = async (
  backend: Backend,
  reference: Backend,
  open: OpenModelFolder,
  name: GraphName,
): Promise<OperatorDifferences> => {
  const { model, files, feeds } = await recordGraph(backend, reference, open, name);
  const known = knownOf(model);
  const nodes = model.graph!.node;
  const between = nodes.flatMap(({ output }) => output).filter((output) => plain(known.values.get(output)));
  const everything: ModelProto = {
    ...model,
    graph: { ...model.graph!, output: between.map((output) => valueInfo(known.values.get(output)!)) },
  };
  const all: Feeds = { ...feeds, ...(await runOnce(reference, { model: everything, files, feeds })) };

  const found: Record<string, number | string> = {};
  const seen = new Set<string>();
  for (const one of nodes) {
    // Indices of int64 are seen in what reads them.
    if (isConstant(known, one) || known.values.get(one.output[0]!)?.type === "int64") continue;
    const group = withProducers(known, one);
    const kind = kindOf(known, model, group);
    if (seen.has(kind)) continue;
    seen.add(kind);
    const graph = { model: graphOf(known, model, group), files, feeds: all };
    const { opType } = one;
    try {
      const [got, wanted] = [await runOnce(backend, graph), await runOnce(reference, graph)];
      for (const [output, tensor] of Object.entries(wanted)) {
        const apart = difference(got[output] as HostTensor, tensor as HostTensor);
        const before = found[opType] ?? 0;
        if (typeof before === "number") found[opType] = Math.max(before, apart);
      }
    } catch (error) {
      found[opType] = `${one.name}: ${kind}: ${(error as Error).message}`;
    }
  }
  return found;
};
