// The emitter against the ONNX standard's own cases and against `rotate`, in float64 and in ONNX Runtime.

import { encode, evaluate, ndArray, tape, type ModelProto, type NdArray } from "@ropewalk/graph";
import { ropeFrequencies, rotate, rotationTable } from "@ropewalk/rope";
import { emitRotate } from "@ropewalk/rope/onnx";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import fc from "fast-check";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { onnxCases, transposed, type OnnxCase } from "./onnx-cases.ts";
import { everyScaling, layouts, noise, rotations, tensor, type Heads } from "./samples.ts";

type Feeds = Readonly<Record<"x" | "cos" | "sin", NdArray>>;
type Config = Parameters<typeof emitRotate>[1];

const recorded = ({ layout, headDim, rotaryDim }: Config, { x, cos, sin }: Feeds): ModelProto => {
  const config = { layout, headDim, rotaryDim };
  const t = tape();
  const value = (name: string, { type, dims }: NdArray) => t.input(name, type, dims);
  t.output("y", emitRotate(t, config, value("x", x), value("cos", cos), value("sin", sin)));
  return t.model();
};

const inFloat64 = (model: ModelProto, feeds: Feeds): NdArray => evaluate(model, feeds).y!;

const inOnnxRuntime = async (model: ModelProto, feeds: Feeds): Promise<Tensor> => {
  const session = await InferenceSession.create(encode(model));
  try {
    const tensors = Object.entries(feeds).map(([name, { dims, data }]) => [
      name,
      new Tensor("float32", Float32Array.from(data), dims),
    ]);
    return (await session.run(Object.fromEntries(tensors))).y!;
  } finally {
    await session.release();
  }
};

/** Feeds of a case: cos and sin get an axis of size 1 where the heads are. */
const feedsOf = ({ x, cos, sin, headsLast }: OnnxCase): Feeds => {
  const [batch, seqLen, numPairs] = cos.dims as [number, number, number];
  const dims = headsLast ? [batch, seqLen, 1, numPairs] : [batch, 1, seqLen, numPairs];
  return { x, cos: { ...cos, dims }, sin: { ...sin, dims } };
};

describe("the RotaryEmbedding cases of the ONNX standard", () => {
  it("are all here", () => {
    expect(onnxCases.map(({ layout, rotaryDim, headsLast }) => [layout, rotaryDim, headsLast])).toEqual([
      ["halves", 8, true],
      ["halves", 8, false],
      ["interleaved", 8, false],
      ["halves", 8, false],
      ["interleaved", 8, false],
      ["halves", 4, false],
      ["interleaved", 4, false],
      ["halves", 4, false],
    ]);
  });

  describe.each(onnxCases)("$name", (onnxCase) => {
    const { x, wanted, headsLast, layout, rotaryDim, cos, sin } = onnxCase;
    const headDim = x.dims[3]!;
    const feeds = feedsOf(onnxCase);
    const model = recorded({ layout, headDim, rotaryDim }, feeds);

    it("through rotate", () => {
      const dims = x.dims as Heads["dims"];
      const [n0, n1, n2, n3] = dims;
      const table = { cos: Float32Array.from(cos.data), sin: Float32Array.from(sin.data) };
      const input = headsLast ? tensor([n0, n2, n1, n3], transposed(dims, x.data)) : tensor(dims, x.data);
      const { data } = rotate({ layout, rotaryDim }, input, table);
      expect(largestDifference(headsLast ? transposed(input.dims, data) : data, wanted)).toBeLessThan(1e-6);
    });

    it("through emitRotate in float64", () => {
      const y = inFloat64(model, feeds);
      expect(y.dims).toEqual(x.dims);
      expect(largestDifference(y.data, wanted)).toBeLessThan(1e-6);
    });

    it("through emitRotate in ONNX Runtime", async () => {
      const y = await inOnnxRuntime(model, feeds);
      expect(y.dims).toEqual(x.dims);
      expect(largestDifference(y.data as Float32Array, wanted)).toBeLessThan(1e-6);
    });
  });
});

describe("emitRotate", () => {
  /** The same rotation for both: axes before headDim are [batch, numHeads, seqLen]. */
  const problem = (shape: typeof rotations extends fc.Arbitrary<infer Shape> ? Shape : never) => {
    const { layout, batch, numHeads, seqLen, headDim, rotaryDim, seed } = shape;
    const x = tensor([batch, numHeads, seqLen, headDim], noise(batch * numHeads * seqLen * headDim, seed));
    const frequencies = ropeFrequencies({
      rotaryDim,
      theta: 10_000,
      scaling: everyScaling.default,
    });
    const table = rotationTable(
      frequencies,
      Array.from({ length: seqLen }, (_, i) => 41 * i + seed),
    );
    const rows = (data: Float32Array) => ndArray("float32", [seqLen, rotaryDim / 2], data);
    const feeds = {
      x: ndArray("float32", x.dims, x.data),
      cos: rows(table.cos),
      sin: rows(table.sin),
    };
    return { wanted: rotate({ layout, rotaryDim }, x, table).data, feeds };
  };

  it("is rotate, bit for bit, once its float64 result is stored as float32", () => {
    fc.assert(
      fc.property(rotations, (shape) => {
        const { wanted, feeds } = problem(shape);
        const y = inFloat64(recorded(shape, feeds), feeds);
        expect(y.dims).toEqual(feeds.x.dims);
        expect(Float32Array.from(y.data)).toEqual(wanted);
      }),
    );
  });

  it("is rotate in ONNX Runtime, to float32's precision", async () => {
    await fc.assert(
      fc.asyncProperty(rotations, async (shape) => {
        const { wanted, feeds } = problem(shape);
        const y = await inOnnxRuntime(recorded(shape, feeds), feeds);
        expect(y.dims).toEqual(feeds.x.dims);
        expect(largestDifference(y.data as Float32Array, wanted)).toBeLessThan(1e-6);
      }),
      { numRuns: 40 },
    );
  });

  it.each(layouts)("takes [seqLen, numHeads, headDim] with a length known only when it runs: %s", async (layout) => {
    const t = tape();
    const config = { layout, headDim: 7, rotaryDim: 6 };
    const x = t.input("x", "float32", ["seqLen", 2, 7]);
    const [cos, sin] = ["cos", "sin"].map((name) => t.input(name, "float32", ["seqLen", 1, 3]));
    const y = t.output("y", emitRotate(t, config, x, cos!, sin!));
    expect(y.dims).toEqual(["seqLen", 2, 7]);
    const model = t.model();
    for (const seqLen of [1, 4]) {
      const table = rotationTable(
        ropeFrequencies({ rotaryDim: 6, theta: 10_000, scaling: everyScaling.default }),
        Array.from({ length: seqLen }, (_, i) => 5 + 3 * i),
      );
      const rows = noise(seqLen * 2 * 7, seqLen);
      // As a batch of tokens with two heads each, one token long.
      const perToken = { cos: table.cos, sin: table.sin };
      const wanted = rotate(
        { layout, rotaryDim: config.rotaryDim },
        { dims: [seqLen, 2, 1, 7], data: rows },
        perToken,
      ).data;
      const feeds = {
        x: ndArray("float32", [seqLen, 2, 7], rows),
        cos: ndArray("float32", [seqLen, 1, 3], table.cos),
        sin: ndArray("float32", [seqLen, 1, 3], table.sin),
      };
      expect(Float32Array.from(inFloat64(model, feeds).data)).toEqual(wanted);
      const inRuntime = await inOnnxRuntime(model, feeds);
      expect(largestDifference(inRuntime.data as Float32Array, wanted)).toBeLessThan(1e-6);
    }
  });

  it("records plain operators alone, and no split or join that does nothing", () => {
    const operators = (layout: "halves" | "interleaved", rotaryDim: number) => {
      const { feeds } = problem({
        layout,
        batch: 1,
        numHeads: 1,
        seqLen: 1,
        headDim: 8,
        rotaryDim,
        seed: 0,
      });
      const nodes = recorded({ layout, headDim: 8, rotaryDim }, feeds).graph!.node;
      return nodes.map(({ opType }) => opType).filter((name) => name !== "Identity");
    };
    const turn = ["Mul", "Mul", "Sub", "Mul", "Mul", "Add"];
    expect(operators("halves", 8)).toEqual(["Split", ...turn, "Concat"]);
    expect(operators("halves", 4)).toEqual(["Split", ...turn, "Concat"]);
    const interleaved = ["Reshape", "Split", "Unsqueeze", "Unsqueeze", ...turn, "Concat", "Reshape"];
    expect(operators("interleaved", 8)).toEqual(interleaved);
    expect(operators("interleaved", 4)).toEqual(["Split", ...interleaved, "Concat"]);
  });

  it("says what is wrong with its arguments", () => {
    const t = tape();
    const x = t.input("x", "float32", [5, 2, 8]);
    const rows = t.input("rows", "float32", [5, 1, 4]);
    const emit =
      (config: Config, value = x) =>
      () =>
        emitRotate(t, config, value, rows, rows);
    expect(emit({ layout: "halves", headDim: 8, rotaryDim: 7 })).toThrow(
      new RangeError("emitRotate: rotaryDim must be even, from 2 to 8, got 7"),
    );
    expect(emit({ layout: "halves", headDim: 8, rotaryDim: 10 })).toThrow(
      new RangeError("emitRotate: rotaryDim must be even, from 2 to 8, got 10"),
    );
    expect(emit({ layout: "halves", headDim: 16, rotaryDim: 8 })).toThrow(
      new RangeError("emitRotate: the last axis of x must be headDim 16, got 8"),
    );
    const unknown = t.op("Unknown", [x], {}, { domain: "test" });
    expect(emit({ layout: "interleaved", headDim: 8, rotaryDim: 8 }, unknown)).toThrow(
      /emitRotate: the number of axes of x must be known, got x "\/Unknown\/output_0" without/,
    );
    expect(emit({ layout: "halves", headDim: 8, rotaryDim: 8 }, unknown)).not.toThrow();
  });
});
