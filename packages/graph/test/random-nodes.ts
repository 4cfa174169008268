// Random uses of operators whose inputs fit, for comparing inference with evaluation and evaluation with ONNX Runtime.
// Longer than 400 lines: a row for each operator, and the helpers that all rows use.

import fc from "fast-check";
import type { Attribute, DataType, NdArray } from "@ropewalk/graph";
import { ndArray, typeCode } from "@ropewalk/graph";

/** An input; one that gives sizes or axes may be recorded as a constant, which inference can read. */
export type RandomInput = { readonly array: NdArray; readonly givesShape: boolean };

export type RandomNode = {
  readonly opType: string;
  readonly domain?: string;
  readonly inputs: readonly (RandomInput | undefined)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly numOutputs?: number;
};

type Dims = readonly number[];

const countOf = (dims: Dims): number => dims.reduce((product, dim) => product * dim, 1);
const size = fc.integer({ min: 1, max: 4 });
const dimsOf = (minLength: number, maxLength: number): fc.Arbitrary<Dims> => fc.array(size, { minLength, maxLength });
const anyDims = dimsOf(0, 4);
const someDims = dimsOf(1, 4);

// Multiples of 1/8 are exact in float32; away from 0 nothing divides by it, and comparisons meet equal numbers.
const positive = fc.integer({ min: 1, max: 24 }).map((x) => x / 8);
const signed = fc.tuple(positive, fc.boolean()).map(([x, negative]) => (negative ? -x : x));

const elements = (type: DataType, dims: Dims, element: fc.Arbitrary<number>): fc.Arbitrary<RandomInput> =>
  fc
    .array(element, { minLength: countOf(dims), maxLength: countOf(dims) })
    .map((data) => ({ array: ndArray(type, dims, data), givesShape: false }));
const float = (dims: Dims, element = signed): fc.Arbitrary<RandomInput> => elements("float32", dims, element);
const integer = (dims: Dims): fc.Arbitrary<RandomInput> =>
  elements(
    "int64",
    dims,
    fc.integer({ min: -5, max: 5 }).filter((x) => x !== 0),
  );
const bool = (dims: Dims): fc.Arbitrary<RandomInput> => elements("bool", dims, fc.constantFrom(0, 1));
const sizes = (...data: number[]): RandomInput => ({
  array: ndArray("int64", [data.length], data),
  givesShape: true,
});
const scalar = (type: DataType, x: number): RandomInput => ({
  array: ndArray(type, [], [x]),
  givesShape: true,
});

/** A shape that broadcasts to another one: front axes left out, others of size 1. */
const broadcastable = (dims: Dims): fc.Arbitrary<Dims> =>
  fc
    .tuple(
      fc.integer({ min: 0, max: dims.length }),
      fc.array(fc.boolean(), { minLength: dims.length, maxLength: dims.length }),
    )
    .map(([missing, ones]) => dims.map((dim, axis) => (ones[axis] ? 1 : dim)).slice(missing));

const axisOf = (rank: number): fc.Arbitrary<number> => fc.integer({ min: -rank, max: rank - 1 });
const axesOf = (rank: number): fc.Arbitrary<Dims> => fc.subarray(Array.from({ length: rank }, (_, axis) => axis));

const node = (
  opType: string,
  inputs: readonly fc.Arbitrary<RandomInput | undefined>[],
  attributes: Readonly<Record<string, Attribute>> = {},
): fc.Arbitrary<RandomNode> => fc.tuple(...inputs).map((arrays) => ({ opType, inputs: arrays, attributes }));

const one = (
  opType: string,
  make: (opType: string) => fc.Arbitrary<RandomNode>,
): readonly [string, fc.Arbitrary<RandomNode>] => [opType, make(opType)];
const each = (
  opTypes: string,
  make: (opType: string) => fc.Arbitrary<RandomNode>,
): readonly (readonly [string, fc.Arbitrary<RandomNode>])[] => opTypes.split(" ").map((opType) => one(opType, make));

const elementwise =
  (numInputs: number, input: (dims: Dims) => fc.Arbitrary<RandomInput>) =>
  (opType: string): fc.Arbitrary<RandomNode> =>
    anyDims.chain((dims) =>
      fc.tuple(...Array.from({ length: numInputs }, () => broadcastable(dims))).chain((shapes) =>
        node(
          opType,
          shapes.map((shape) => input(shape)),
        ),
      ),
    );

const matMul = fc
  .record({
    batch: dimsOf(0, 2),
    rows: size,
    inner: size,
    columns: size,
    vectors: fc.tuple(fc.boolean(), fc.boolean()),
  })
  .chain(({ batch, rows, inner, columns, vectors }) =>
    fc
      .tuple(broadcastable(batch), broadcastable(batch))
      .chain(([a, b]) =>
        node("MatMul", [
          float(vectors[0] ? [inner] : [...a, rows, inner]),
          float(vectors[1] ? [inner] : [...b, inner, columns]),
        ]),
      ),
  );

const gemm = fc
  .record({
    rows: size,
    inner: size,
    columns: size,
    transA: fc.nat(1),
    transB: fc.nat(1),
    bias: fc.boolean(),
  })
  .chain(({ rows, inner, columns, transA, transB, bias }) =>
    broadcastable([rows, columns]).chain((biasDims) =>
      node(
        "Gemm",
        [
          float(transA ? [inner, rows] : [rows, inner]),
          float(transB ? [columns, inner] : [inner, columns]),
          ...(bias ? [float(biasDims)] : []),
        ],
        { transA, transB, alpha: { float: 0.5 }, beta: { float: 2 } },
      ),
    ),
  );

const transpose = someDims.chain((dims) =>
  fc
    .option(fc.shuffledSubarray([...dims.keys()], { minLength: dims.length }))
    .chain((perm) => node("Transpose", [float(dims)], perm ? { perm } : {})),
);

const reshape = fc
  .record({ dims: someDims, order: fc.nat(2), rest: fc.boolean(), keep: fc.boolean() })
  .chain(({ dims, order, rest, keep }) => {
    const [first = 1, ...others] = dims;
    const merged = [[first, countOf(others)], [countOf(dims)], [first, 1, ...others]][order]!;
    const target = merged.map((dim, axis) =>
      keep && axis === 0 && dim === first ? 0 : rest && axis === merged.length - 1 ? -1 : dim,
    );
    return float(dims).map((x): RandomNode => ({
      opType: "Reshape",
      inputs: [x, sizes(...target)],
    }));
  });

const concat = fc.tuple(someDims, fc.array(size, { minLength: 1, maxLength: 3 })).chain(([dims, parts]) =>
  axisOf(dims.length).chain((axis) =>
    node(
      "Concat",
      parts.map((part) => float(dims.with(axis, part))),
      { axis },
    ),
  ),
);

const split = fc
  .tuple(someDims, fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }), fc.boolean())
  .chain(([dims, parts, equal]) =>
    axisOf(dims.length).chain((axis) => {
      const total = parts.reduce((sum, part) => sum + part, 0);
      // An equal split must leave something for every part.
      const along = equal ? Math.max(total, 1) * parts.length : total;
      return float(dims.with(axis, along)).map((x): RandomNode => ({
        opType: "Split",
        inputs: equal ? [x] : [x, sizes(...parts)],
        attributes: equal ? { axis, num_outputs: parts.length } : { axis },
        numOutputs: parts.length,
      }));
    }),
  );

const slice = someDims.chain((dims) =>
  fc.tuple(float(dims), axesOf(dims.length)).chain(([x, axes]) =>
    fc
      .array(
        fc.tuple(fc.integer({ min: -6, max: 6 }), fc.integer({ min: -6, max: 6 }), fc.constantFrom(-2, -1, 1, 2)),
        { minLength: axes.length, maxLength: axes.length },
      )
      .map((cuts): RandomNode => ({
        opType: "Slice",
        inputs: [
          x,
          sizes(...cuts.map(([start]) => start)),
          sizes(...cuts.map(([, end]) => end)),
          sizes(...axes),
          sizes(...cuts.map(([, , step]) => step)),
        ],
      })),
  ),
);

const gatherNd = dimsOf(1, 3)
  .chain((dims) =>
    fc.tuple(fc.constant(dims), fc.integer({ min: 1, max: dims.length }), fc.integer({ min: 1, max: 3 })),
  )
  .chain(([dims, depth, count]) => {
    const least = Math.min(...dims.slice(0, depth));
    return node("GatherND", [
      float(dims),
      elements("int64", [count, depth], fc.integer({ min: -least, max: least - 1 })),
    ]);
  });

const cumSum = fc
  .tuple(someDims, fc.nat(1), fc.nat(1))
  .chain(([dims, exclusive, reverse]) =>
    axisOf(dims.length).chain((axis) =>
      node("CumSum", [float(dims), fc.constant(scalar("int64", axis))], { exclusive, reverse }),
    ),
  );

/** Multiples of 1/8 up to 3: equals are frequent. */
const argMax = fc
  .tuple(someDims, fc.nat(1), fc.nat(1))
  .chain(([dims, keepdims, select_last_index]) =>
    axisOf(dims.length).chain((axis) => node("ArgMax", [float(dims)], { axis, keepdims, select_last_index })),
  );

const topK = fc.tuple(someDims, fc.nat(1), fc.nat(3)).chain(([dims, largest, spare]) =>
  axisOf(dims.length).chain((axis) =>
    float(dims).map((x): RandomNode => ({
      opType: "TopK",
      inputs: [x, sizes(Math.max(1, dims.at(axis)! - spare))],
      attributes: { axis, largest },
      numOutputs: 2,
    })),
  ),
);

const trilu = fc
  .tuple(dimsOf(2, 4), fc.nat(1), fc.integer({ min: -3, max: 3 }))
  .chain(([dims, upper, k]) => node("Trilu", [float(dims), fc.constant(scalar("int64", k))], { upper }));

const scatterNd = dimsOf(1, 3)
  .chain((dims) => fc.tuple(fc.constant(dims), fc.integer({ min: 1, max: dims.length })))
  .chain(([dims, depth]) => {
    const least = Math.min(...dims.slice(0, depth));
    return node("ScatterND", [
      float(dims),
      elements("int64", [1, depth], fc.integer({ min: -least, max: least - 1 })),
      float([1, ...dims.slice(depth)]),
    ]);
  });

const scatterElements = dimsOf(1, 3).chain((dims) =>
  fc.tuple(axisOf(dims.length), fc.nat(3), fc.constantFrom("none", "add")).chain(([axis, count, reduction]) => {
    const along = dims.at(axis)!;
    // Without a reduction no element may be put twice.
    const places = dims.with(axis, reduction === "add" ? count : 1);
    const indices = elements("int64", places, fc.integer({ min: -along, max: along - 1 }));
    return node("ScatterElements", [float(dims), indices, float(places)], { axis, reduction });
  }),
);

const gather = fc.tuple(someDims, dimsOf(0, 2)).chain(([dims, indices]) =>
  axisOf(dims.length).chain((axis) => {
    const along = dims.at(axis)!;
    return node("Gather", [float(dims), elements("int64", indices, fc.integer({ min: -along, max: along - 1 }))], {
      axis,
    });
  }),
);

const unsqueeze = anyDims.chain((dims) =>
  axesOf(dims.length + 2)
    .filter((axes) => axes.length === 2)
    .chain((axes) => float(dims).map((x): RandomNode => ({ opType: "Unsqueeze", inputs: [x, sizes(...axes)] }))),
);

const squeeze = fc.tuple(anyDims, fc.boolean()).chain(([dims, all]) => {
  const ones = [...dims.keys()].filter((axis) => dims[axis] === 1);
  return float(dims).map((x): RandomNode => ({
    opType: "Squeeze",
    inputs: all ? [x] : [x, sizes(...ones)],
  }));
});

const reduce = (opType: string): fc.Arbitrary<RandomNode> =>
  someDims.chain((dims) =>
    fc
      .tuple(float(dims, positive), fc.option(axesOf(dims.length)), fc.nat(1), fc.nat(1))
      .map(([x, axes, keepdims, noop]): RandomNode => ({
        opType,
        inputs: axes ? [x, sizes(...axes)] : [x],
        attributes: { keepdims, noop_with_empty_axes: noop },
      })),
  );

const expand = anyDims.chain((dims) =>
  fc
    .tuple(broadcastable(dims), broadcastable(dims))
    .chain(([from, to]) => float(from).map((x): RandomNode => ({ opType: "Expand", inputs: [x, sizes(...to)] }))),
);

const tile = someDims.chain((dims) =>
  fc
    .tuple(float(dims), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: dims.length, maxLength: dims.length }))
    .map(([x, repeats]): RandomNode => ({ opType: "Tile", inputs: [x, sizes(...repeats)] })),
);

const shape = fc
  .tuple(
    anyDims.chain((dims) => float(dims)),
    fc.integer({ min: -4, max: 4 }),
    fc.option(fc.integer({ min: -4, max: 4 })),
  )
  .map(([x, start, end]): RandomNode => ({
    opType: "Shape",
    inputs: [x],
    attributes: end === null ? { start } : { start, end },
  }));

const where = anyDims.chain((dims) =>
  fc
    .tuple(broadcastable(dims), broadcastable(dims), broadcastable(dims))
    .chain(([c, a, b]) => node("Where", [bool(c), float(a), float(b)])),
);

const along = (opType: string): fc.Arbitrary<RandomNode> =>
  someDims.chain((dims) => axisOf(dims.length).chain((axis) => node(opType, [float(dims)], { axis })));

const cast = fc
  .tuple(anyDims, fc.constantFrom<DataType>("int32", "bool", "float64", "int64", "float32"))
  .chain(([dims, to]) => node("Cast", [float(dims)], { to: typeCode(to) }));

const normalization =
  (numInputs: number) =>
  (opType: string): fc.Arbitrary<RandomNode> =>
    someDims.chain((dims) => {
      const rest = fc.tuple(...Array.from({ length: numInputs - 1 }, () => float(dims.slice(-1))));
      return fc.tuple(float(dims), rest).map(([x, others]): RandomNode => ({
        opType,
        inputs: [x, ...others],
        attributes: { axis: -1, epsilon: { float: 0.25 } },
      }));
    });

const range = fc
  .tuple(
    fc.integer({ min: -5, max: 5 }),
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom(-2, -1, 1, 3),
    fc.constantFrom<DataType>("int64", "float32"),
  )
  .map(([start, limit, delta, type]): RandomNode => ({
    opType: "Range",
    inputs: [scalar(type, start), scalar(type, limit), scalar(type, delta)],
  }));

const constantOfShape = fc.tuple(anyDims, fc.boolean()).map(([dims, given]): RandomNode => ({
  opType: "ConstantOfShape",
  inputs: [sizes(...dims)],
  attributes: given ? { value: { tensor: ndArray("int64", [1], [7]) } } : {},
}));

const bytes = (dims: Dims): fc.Arbitrary<RandomInput> => elements("uint8", dims, fc.integer({ min: 0, max: 255 }));

const matMulNBits = fc
  .record({
    bits: fc.constantFrom(4, 8),
    block_size: fc.constantFrom(16, 32),
    K: fc.integer({ min: 1, max: 70 }),
    N: size,
    rows: dimsOf(1, 2),
  })
  .chain(({ rows, ...attributes }) => {
    const { bits, block_size: blockSize, K, N } = attributes;
    const blocks = Math.ceil(K / blockSize);
    return fc
      .tuple(float([...rows, K]), bytes([N, blocks, (blockSize * bits) / 8]), float([N, blocks], positive))
      .map((inputs): RandomNode => ({ opType: "MatMulNBits", domain: "com.microsoft", inputs, attributes }));
  });

const rotaryEmbedding = fc
  .record({ batch: size, heads: size, length: size, pairs: size, rest: fc.constantFrom(0, 2, 3) })
  .chain(({ batch, heads, length, pairs, rest }) =>
    fc
      .record({ interleaved: fc.constantFrom(0, 1), joined: fc.boolean(), byPosition: fc.boolean() })
      .chain(({ interleaved, joined, byPosition }) => {
        const headDim = 2 * pairs + rest;
        const table = float(byPosition ? [6, pairs] : [batch, length, pairs]);
        return fc
          .tuple(
            float(joined ? [batch, length, heads * headDim] : [batch, heads, length, headDim]),
            table,
            table,
            ...(byPosition ? [elements("int64", [batch, length], fc.integer({ min: 0, max: 5 }))] : []),
          )
          .map((inputs): RandomNode => ({
            opType: "RotaryEmbedding",
            inputs,
            attributes: { interleaved, num_heads: heads, rotary_embedding_dim: rest === 0 ? 0 : 2 * pairs },
          }));
      }),
  );

/** Every operator that inference and evaluation know (Constant, which has no inputs, aside). */
export const randomNodes: readonly (readonly [string, fc.Arbitrary<RandomNode>])[] = [
  ...each("Abs Ceil Cos Exp Floor Identity IsNaN Neg Reciprocal Relu Round Sigmoid Sin Tanh", elementwise(1, float)),
  ...each(
    "Log Sqrt",
    elementwise(1, (dims) => float(dims, positive)),
  ),
  ...each("Not", elementwise(1, bool)),
  ...each("Add Div Mul Sub Greater GreaterOrEqual Less LessOrEqual", elementwise(2, float)),
  ...each("Add Div Mod Mul Sub Equal", elementwise(2, integer)),
  ...each("And Or Xor", elementwise(2, bool)),
  ...each(
    "Pow",
    elementwise(2, (dims) => float(dims, positive)),
  ),
  ...each("Max Min Sum", elementwise(3, float)),
  ...each(
    "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare",
    reduce,
  ),
  ...each("Flatten Softmax", along),
  ...each("SimplifiedLayerNormalization", normalization(2)),
  ...each("LayerNormalization", normalization(3)),
  one("Gelu", (opType) =>
    someDims.chain(float).map((x): RandomNode => ({ opType, inputs: [x], attributes: { approximate: "tanh" } })),
  ),
  one("Size", elementwise(1, float)),
  one("CastLike", (opType) => fc.tuple(anyDims, anyDims).chain(([a, b]) => node(opType, [float(a), integer(b)]))),
  ...([
    ["Cast", cast],
    ["Concat", concat],
    ["ConstantOfShape", constantOfShape],
    ["Expand", expand],
    ["Gather", gather],
    ["GatherND", gatherNd],
    ["CumSum", cumSum],
    ["ArgMax", argMax],
    ["TopK", topK],
    ["Trilu", trilu],
    ["ScatterElements", scatterElements],
    ["ScatterND", scatterNd],
    ["Gemm", gemm],
    ["MatMul", matMul],
    ["MatMulNBits", matMulNBits],
    ["Range", range],
    ["Reshape", reshape],
    ["RotaryEmbedding", rotaryEmbedding],
    ["Shape", shape],
    ["Slice", slice],
    ["Split", split],
    ["Squeeze", squeeze],
    ["Tile", tile],
    ["Transpose", transpose],
    ["Unsqueeze", unsqueeze],
    ["Where", where],
  ] as const),
];
