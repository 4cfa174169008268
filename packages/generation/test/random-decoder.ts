/** Decoders of attention alone, of layers that attend in any mix of ways, under any extension: for properties. */
import {
  compose,
  dynamicNtk,
  entropyAbf,
  extendedKind,
  leakyReRope,
  logN,
  reRope,
  selfExtend,
  slidingWindow,
  withPositions,
  yarn,
  type AttentionKind,
  type ContextExtension,
} from "@ropewalk/context-extension";
import type { Backend, Session } from "@ropewalk/backend";
import {
  decoderGraph,
  embedding,
  headsOfRows,
  splitColumns,
  type Decoder,
  type ExtendedDecoder,
} from "@ropewalk/decoder";
import { encode } from "@ropewalk/graph";
import fc from "fast-check";

export const [vocabSize, headDim] = [50, 8];
const trainedContext = 64;

export type Shape = { readonly numKvHeads: number; readonly group: number; readonly kinds: readonly AttentionKind[] };

/** Heads side by side: numHeads queries, numKvHeads keys, numKvHeads values. */
export const widthOf = ({ numKvHeads, group }: Shape): number => (group + 2) * numKvHeads * headDim;

export const tableOf = (width: number): Float32Array =>
  Float32Array.from({ length: vocabSize * width }, (_, index) => Math.sin(1 + index * 1.618) * 2);

export const decoderOf = (shape: Shape): Decoder => {
  const { numKvHeads, group, kinds } = shape;
  const [width, kvWidth] = [widthOf(shape), numKvHeads * headDim];
  const extended = extendedKind(kinds);
  return {
    family: "attention",
    vocabSize: width,
    hiddenDim: width,
    feedForwardDim: 1,
    numLayers: kinds.length,
    numHeads: group * numKvHeads,
    numKvHeads,
    headDim,
    trainedContext,
    rope: extended?.rope ?? { theta: 100, rotaryDim: headDim, layout: "halves", scaling: { kind: "default" } },
    slidingWindow: extended?.slidingWindow,
    attention: kinds,
    tensors: { table: [vocabSize, width] },
    projections: [],
    embedding: "table",
    unembedding: "table",
    embed: (builder, ids) => embedding(builder, { weight: "table" }, ids),
    layer: (builder, _, hidden, attend) => {
      const [query, key, value] = splitColumns(builder, [group * kvWidth, kvWidth, kvWidth], hidden);
      const rows = { query: query!, key: key!, value: value! };
      const attended = attend(headsOfRows(builder, { numHeads: group * numKvHeads, numKvHeads, headDim }, rows));
      return builder.tape.op("Concat", [builder.tape.op("Add", [attended, query!]), key!, value!], { axis: 1 });
    },
    unembed: ({ tape }, hidden) => tape.op("Identity", [hidden]),
  };
};

/** A session of the graph of chunks. */
export const sessionOf = (backend: Backend, shape: Shape, extended: ExtendedDecoder<Decoder>): Promise<Session> => {
  const data = new Uint8Array(tableOf(widthOf(shape)).buffer);
  const graph = decoderGraph(extended, {
    locate: () => ({ location: "table", offset: 0, length: data.length, type: "float32" }),
  });
  return backend.createSession(encode(graph), [{ kind: "bytes", file: "table", data }]);
};

const window = fc.integer({ min: 1, max: trainedContext });

const rope: fc.Arbitrary<NonNullable<AttentionKind["rope"]>> = fc.record({
  theta: fc.constantFrom(100, 1000),
  rotaryDim: fc.constantFrom(headDim, headDim / 2),
  layout: fc.constantFrom("halves" as const, "interleaved" as const),
  scaling: fc.constantFrom({ kind: "default" } as const, { kind: "linear", factor: 4 } as const, {
    ...({ kind: "yarn", factor: 4, originalContext: 64 } as const),
  }),
});

const kind = fc.record(
  {
    rope: fc.option(rope, { nil: undefined }),
    slidingWindow: window,
    scoreScale: fc.constant(0.2),
    softcap: fc.constantFrom(1, 5),
  },
  { requiredKeys: ["rope"] },
) as fc.Arbitrary<AttentionKind>;

/** Layers take turns among few kinds, as those of models do. */
const layerKinds = fc
  .tuple(fc.array(kind, { minLength: 1, maxLength: 3 }), fc.array(fc.nat(2), { minLength: 1, maxLength: 4 }))
  .map(([few, turns]) => turns.map((turn) => few[turn % few.length]!));

export const extensions: fc.Arbitrary<ContextExtension> = fc
  .tuple(
    fc.oneof(
      fc.constant<ContextExtension>({}),
      fc.tuple(window, fc.integer({ min: 1, max: 12 })).map(([w, groupSize]) => selfExtend({ groupSize, window: w })),
      window.map((w) => reRope({ window: w })),
      window.map((w) => leakyReRope({ factor: 1.5, window: w })),
      window.map((w) => slidingWindow({ window: w })),
      fc
        .tuple(window, window)
        .map(([a, b]) => withPositions({ kind: "string", shiftFrom: Math.max(a, b), window: Math.min(a, b) })),
      fc
        .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30 }))
        .map(([chunk, localSize]) => withPositions({ kind: "dual-chunk", chunkSize: chunk + localSize, localSize })),
      fc
        .tuple(window, fc.integer({ min: 1, max: 9 }))
        .map(([w, sinks]) => withPositions({ kind: "sinks", sinks, window: w })),
    ),
    fc.constantFrom<ContextExtension>(
      ...[{}, logN({ trainedContext: 8 }), yarn({ factor: 4, originalContext: trainedContext })],
      ...[entropyAbf({ trainedContext: 8, theta: 1000 }), dynamicNtk({ factor: 2, originalContext: trainedContext })],
    ),
  )
  .map(([positions, others]) => compose(positions, others));

export const shapes: fc.Arbitrary<Shape> = fc.record({
  numKvHeads: fc.integer({ min: 1, max: 2 }),
  group: fc.integer({ min: 1, max: 2 }),
  kinds: layerKinds,
});
