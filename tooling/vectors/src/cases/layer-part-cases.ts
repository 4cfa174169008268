/** The parts of a decoder's layers, with weights in an external file, against evaluation in float64. */
import type { GraphCase } from "../../../../packages/backend/src/conformance/graphs.ts";
import { prepare, type Recipe } from "../../../../packages/backend/src/conformance/recipe.ts";
import {
  gatedFeedForward,
  geluTanh,
  layerNorm,
  linear,
  rmsNorm,
  silu,
  storedWeights,
  type Builder,
  type StoredWeights,
  type WeightSource,
} from "@ropewalk/decoder";
import { encode, evaluate, ndArray, tape, type FilePlace, type Tape, type Value } from "@ropewalk/graph";
import { floatsToBase64, toBase64 } from "../base64.ts";

const [seqLen, hiddenDim, innerDim] = [72, 64, 40];

type Weight = { readonly dims: readonly number[]; readonly recipe: Recipe };

type LayerPartCase = {
  readonly name: string;
  readonly tolerance?: number;
  /** In the order of the file. */
  readonly weights: Readonly<Record<string, Weight>>;
  /** Shapes of the decoder's tensors, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly source: (place: (name: string) => FilePlace) => WeightSource;
  readonly record: (builder: Builder, x: Value) => Value;
};

const sizeOf = (dims: readonly number[]): number => dims.reduce((size, dim) => size * dim, 1);

const noise = (dims: readonly number[], seed: number): Weight => ({ dims, recipe: { kind: "noise", dims, seed } });

const dense = (
  shapes: LayerPartCase["shapes"],
  seed: number,
): Pick<LayerPartCase, "weights" | "shapes" | "source"> => ({
  shapes,
  weights: Object.fromEntries(Object.entries(shapes).map(([name, dims], index) => [name, noise(dims, seed + index)])),
  source: (place) => ({ locate: (name) => ({ ...place(name), type: "float32" }) }),
});

const blockSize = 32;

/** The elements are the bytes of noise: any bytes would do. */
const inBlocks = (bits: 4 | 8): LayerPartCase => {
  const blocks = innerDim * (hiddenDim / blockSize);
  const scales: Recipe = { kind: "fill", dims: [blocks], value: bits === 4 ? 0.01 : 0.001 };
  return {
    name: `product with a matrix in blocks of ${bits} bits, ${seqLen} tokens`,
    tolerance: 5e-3,
    shapes: { matrix: [innerDim, hiddenDim] },
    weights: {
      elements: noise([(blocks * blockSize * bits) / 8 / 4], 60 + bits),
      scales: { dims: [blocks], recipe: scales },
    },
    source: (place) => ({
      locate: place as WeightSource["locate"],
      locateBlocks: () => ({ bits, blockSize, elements: place("elements"), scales: place("scales") }),
    }),
    record: (builder, x) => linear(builder, { weight: "matrix" }, x),
  };
};

const cases: readonly LayerPartCase[] = [
  {
    name: `norm and gated feed-forward with external weights, ${seqLen} tokens`,
    ...dense(
      {
        norm: [hiddenDim],
        gate: [innerDim, hiddenDim],
        up: [innerDim, hiddenDim],
        down: [hiddenDim, innerDim],
      },
      41,
    ),
    record: (builder, x) => {
      const normed = rmsNorm(builder, { weight: "norm", epsilon: 1e-5 }, x);
      const projections = { gate: { weight: "gate" }, up: { weight: "up" }, down: { weight: "down" } };
      return gatedFeedForward(builder, { ...projections, activation: silu }, normed);
    },
  },
  {
    name: `layer norm, a biased product and GELU, ${seqLen} tokens`,
    ...dense({ norm: [hiddenDim], shift: [hiddenDim], up: [innerDim, hiddenDim], bias: [innerDim] }, 51),
    record: (builder, x) => {
      const normed = layerNorm(builder, { weight: "norm", bias: "shift", epsilon: 1e-5 }, x);
      return geluTanh(builder, linear(builder, { weight: "up", bias: "bias" }, normed));
    },
  },
  inBlocks(4),
  inBlocks(8),
];

/** The same weights as constants in the graph, for evaluation. */
const inline = (graph: Tape, weights: LayerPartCase["weights"]): Tape => ({
  ...graph,
  external: (name, type, dims) => {
    const { recipe } = weights[name.replace("matrix.", "")]!;
    const { data } = prepare(recipe);
    return graph.constant(type, dims, type === "uint8" ? new Uint8Array(data.buffer) : (data as Float32Array), name);
  },
});

const record = (
  graph: Tape,
  { source, shapes, record: emit }: LayerPartCase,
  place: (name: string) => FilePlace,
): void => {
  const weights: StoredWeights = storedWeights(shapes, source(place));
  const x = graph.input("x", "float32", [seqLen, hiddenDim]);
  graph.output("out", emit({ tape: graph, weights, batchSize: 1 }, x));
};

const graphCase = (layerPart: LayerPartCase): GraphCase => {
  const feeds = { x: { kind: "noise", dims: [seqLen, hiddenDim], seed: 40 } as const };
  let end = 0;
  const places = new Map(
    Object.entries(layerPart.weights).map(([name, { dims }]) => {
      const offset = end;
      end += 4 * sizeOf(dims);
      return [name, { location: "weights", offset, length: end - offset }];
    }),
  );
  const place = (name: string): FilePlace => places.get(name)!;
  const stored = tape();
  record(stored, layerPart, place);
  const evaluated = tape();
  record(inline(evaluated, layerPart.weights), layerPart, place);
  const x = prepare(feeds.x);
  const { out } = evaluate(evaluated.model(), { x: ndArray("float32", x.dims, x.data as Float32Array) });
  return {
    name: layerPart.name,
    model: toBase64(encode(stored.model())),
    feeds,
    weights: Object.values(layerPart.weights).map(({ recipe }) => recipe),
    expected: { dims: out!.dims, data: floatsToBase64(Float32Array.from(out!.data as ArrayLike<number>)) },
    ...(layerPart.tolerance === undefined ? {} : { tolerance: layerPart.tolerance }),
  };
};

export const layerPartCases = (): readonly GraphCase[] => cases.map(graphCase);
