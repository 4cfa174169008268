// Gradients: every rule against central differences, in float64, at random shapes; and what is refused.

import type { NdArray, Tape, Value } from "@ropewalk/graph";
import { checkModel, decode, encode, evaluate, ndArray, tape } from "@ropewalk/graph";
import { differentiable, differentiate, gradientOf } from "@ropewalk/graph/gradient";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RandomNode } from "./random-nodes.ts";
import { randomNodes } from "./random-nodes.ts";

type Arrays = Readonly<Record<string, NdArray>>;

/** Differences that no rule depends on: equal elements, of which the largest is not unique, become unequal. */
const apart = (array: NdArray, seed: number): NdArray =>
  ndArray(
    array.type,
    array.dims,
    Array.from(array.data, (x, at) => x + 0.01 * Math.sin(1 + 7 * at + 31 * seed)),
  );

/** Only the first input of these has a gradient: tables of angles and packed weights are not learned, a type is no number. */
const firstAlone = new Set(["RotaryEmbedding", "MatMulNBits", "CastLike"]);

type Recorded = { readonly model: ReturnType<ReturnType<typeof tape>["model"]>; readonly feeds: Arrays };

/** loss = Σ y w over every output that is differentiated, with weights w that differ. */
const record = ({ opType, domain = "", inputs, attributes = {}, numOutputs = 1 }: RandomNode): Recorded => {
  const t = tape();
  const feeds: Record<string, NdArray> = {};
  const given = inputs.map((one, index): Value | undefined => {
    if (one === undefined) return undefined;
    const { array, givesShape } = one;
    const learned = array.type === "float32" && !givesShape && !(firstAlone.has(opType) && index > 0);
    if (!learned) return t.constant(array.type, array.dims, array.data);
    feeds[`x${index}`] = apart(array, index);
    return t.input(`x${index}`, array.type, array.dims);
  });
  const outputs = t.ops(opType, numOutputs, given, attributes, { domain });
  const differentiated = opType === "Split" ? outputs : outputs.slice(0, 1);
  const sums = differentiated.map((y, index) => {
    const dims = y.dims as readonly number[];
    const weights = Array.from({ length: dims.reduce((all, size) => all * size, 1) }, (_, at) =>
      Math.cos(3 * at + index),
    );
    return t.op("ReduceSum", [t.op("Mul", [y, t.constant(y.type!, dims, weights)])], { keepdims: 0 });
  });
  t.output(
    "loss",
    sums.reduce((a, b) => t.op("Add", [a, b])),
  );
  return { model: t.model({ opset: 23, irVersion: 11 }), feeds };
};

const lossAt = (model: Recorded["model"], feeds: Arrays): number => evaluate(model, feeds)["loss"]!.data[0]!;

/** (L(x + h) - L(x - h)) / 2h for every element. */
const central = ({ model, feeds }: Recorded, name: string, h = 1e-5): readonly number[] => {
  const { type, dims, data } = feeds[name]!;
  return Array.from(data, (x, at) => {
    const moved = (by: number): number =>
      lossAt(model, { ...feeds, [name]: ndArray(type, dims, data.with(at, x + by)) });
    return (moved(h) - moved(-h)) / (2 * h);
  });
};

/** Where two elements are nearly equal, or one is nearly 0, these have no slope: a step to either side may be on another piece. */
const withKinks = new Set(["Max", "Min", "ReduceMax", "ReduceMin", "Relu"]);

/** Whether both sides of every element rise alike. */
const smooth = ({ model, feeds }: Recorded, h = 1e-5): boolean =>
  Object.entries(feeds).every(([name, { type, dims, data }]) =>
    Array.from(data).every((x, at) => {
      const [down, here, up] = [-h, 0, h].map((by) =>
        lossAt(model, { ...feeds, [name]: ndArray(type, dims, data.with(at, x + by)) }),
      );
      return Math.abs(up! - 2 * here! + down!) < 1e-3 * h;
    }),
  );

/** A runtime computes every node and holds every number, also those that nobody reads. */
const checkRead = (model: Recorded["model"], backward: Recorded["model"]): void => {
  const { node, output, initializer } = backward.graph!;
  const read = new Set([...output.map(({ name }) => name), ...node.flatMap(({ input }) => input)]);
  for (const { output: names } of node.slice(model.graph!.node.length))
    expect(
      names.some((name) => read.has(name)),
      `${names.join()} is read`,
    ).toBe(true);
  for (const { name } of initializer.slice(model.graph!.initializer.length)) expect(read).toContain(name);
};

const check = (recorded: Recorded, tolerance = 1e-6): void => {
  const { model, feeds } = recorded;
  const parameters = Object.keys(feeds);
  const before = encode(model);
  const backward = differentiate(model, { loss: "loss", parameters });
  expect(encode(model)).toEqual(before);
  checkModel(backward);
  checkRead(model, backward);
  const results = evaluate(decode(encode(backward)), feeds);
  for (const name of parameters) {
    const got = results[gradientOf(name)]!;
    expect(got.dims).toEqual(feeds[name]!.dims);
    expect(got.type).toBe(feeds[name]!.type);
    for (const [at, expected] of central(recorded, name).entries())
      expect(Math.abs(got.data[at]! - expected), `${name}[${at}]: ${got.data[at]} and ${expected}`).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(expected)),
      );
  }
};

const named = (name: string): fc.Arbitrary<RandomNode> =>
  fc.oneof(...randomNodes.filter(([opType]) => opType === name).map(([, nodes]) => nodes));

/** Random nodes of an operator in floating-point numbers: those of a kin where there are none, or none of that type. */
const nodesOf = (opType: string): fc.Arbitrary<RandomNode> => {
  if (opType === "RMSNormalization") return named("SimplifiedLayerNormalization").map((node) => ({ ...node, opType }));
  if (opType === "CastLike") return named("Sub").map((node) => ({ ...node, opType }));
  return named(opType);
};

const floating = ({ opType, inputs, attributes }: RandomNode): boolean =>
  inputs[0]!.array.type !== "int64" && (opType !== "Cast" || [1, 11].includes(attributes!["to"] as number));

describe("every rule, at random shapes, against central differences", () => {
  it.each(differentiable.map((name) => name.replace(/^.*:/, "")))("%s", (opType) => {
    fc.assert(
      fc.property(nodesOf(opType).filter(floating), (node) => {
        const recorded = record(node);
        fc.pre(!withKinks.has(opType) || smooth(recorded));
        check(recorded);
      }),
      { numRuns: 40 },
    );
  });
});

describe("differentiate", () => {
  const square = (): ReturnType<typeof tape> => {
    const t = tape();
    const x = t.input("x", "float32", [2, 2]);
    t.input("unread", "float32", [3]);
    const y = t.op("MatMul", [x, t.op("Transpose", [x], { perm: [1, 0] })]);
    t.output("loss", t.op("ReduceSum", [t.op("Mul", [y, y])], { keepdims: 0 }));
    return t;
  };

  it("adds up what a value hands to all that read it, and gives zeros where nothing does", () => {
    const model = differentiate(square().model(), { loss: "loss", parameters: ["x", "unread"] });
    const feeds = { x: ndArray("float32", [2, 2], [1, 2, 3, 4]), unread: ndArray("float32", [3], [1, 1, 1]) };
    const { [gradientOf("x")]: got, [gradientOf("unread")]: none } = evaluate(model, feeds);
    // 4 (x xᵀ) x
    expect([...got!.data]).toEqual([152, 216, 344, 488]);
    expect([...none!.data]).toEqual([0, 0, 0]);
  });

  it("differentiates by an initializer", () => {
    const t = tape();
    const w = t.constant("float32", [2], [3, 5], "w");
    t.output("loss", t.op("ReduceSum", [t.op("Mul", [w, w])], { keepdims: 0 }));
    const gradients = evaluate(differentiate(t.model(), { loss: "loss", parameters: ["w"] }), {});
    expect([...gradients["gradient.w"]!.data]).toEqual([6, 10]);
  });

  it("goes around what no parameter reaches", () => {
    const t = tape();
    const x = t.input("x", "float32", [4]);
    const order = t.ops("TopK", 2, [t.input("scores", "float32", [4]), t.constant("int64", [1], [2])], { axis: 0 })[1]!;
    t.output("loss", t.op("ReduceSum", [t.op("Gather", [x, order], { axis: 0 })], { keepdims: 0 }));
    const model = differentiate(t.model(), { loss: "loss", parameters: ["x"] });
    const feeds = { x: ndArray("float32", [4], [1, 2, 3, 4]), scores: ndArray("float32", [4], [1, 4, 2, 3]) };
    expect([...evaluate(model, feeds)["gradient.x"]!.data]).toEqual([0, 1, 0, 1]);
  });

  it("names what has no rule, and what is asked for wrongly", () => {
    const t = tape();
    const x = t.input("x", "float32", [4]);
    t.output("rounded", t.op("ReduceSum", [t.op("Round", [x], {}, { name: "rounding" })], { keepdims: 0 }));
    t.output("many", t.op("Exp", [x]));
    t.output("angles", t.op("ReduceSum", [t.op("Where", [t.op("Greater", [x, x]), x, x])], { keepdims: 0 }));
    const model = t.model();
    const of = (asked: object) => () => differentiate(model, asked as never);
    expect(of({ loss: "rounded", parameters: ["x"] })).toThrow(
      RangeError('differentiate: an operator on the way to the loss must have a rule, got Round "/rounding" without'),
    );
    expect(of({ loss: "many", parameters: ["x"] })).toThrow(
      RangeError("differentiate: loss must be one floating-point number, got float32 [4]"),
    );
    expect(of({ loss: "x", parameters: ["x"] })).toThrow('differentiate: loss must be an output of the graph, got "x"');
    expect(of({ loss: "angles", parameters: ["y"] })).toThrow(
      'differentiate: a parameter must be an input or an initializer, got "y"',
    );
    expect(of({ loss: "angles", parameters: ["x"], wrt: ["x"] })).toThrow(TypeError);
    expect(of({ loss: "angles", parameters: ["x"] })).not.toThrow();
  });

  it("sees a parameter that a graph inside a node reads, and asks for the rule of that node", () => {
    const arms = tape();
    const w = arms.input("w", "float32", [2]);
    const [chosen] = arms.branch(arms.input("yes", "bool", []), {
      whenTrue: (inner) => [inner.op("Mul", [w, w])],
      whenFalse: (inner) => [inner.op("Neg", [w])],
    });
    const sizes = arms.constant("int64", [1], [2]);
    arms.output(
      "loss",
      arms.op("ReduceSum", [arms.op("Add", [arms.op("Reshape", [chosen!, sizes]), w])], { keepdims: 0 }),
    );
    const backward = (): unknown => differentiate(arms.model(), { loss: "loss", parameters: ["w"] });
    expect(backward).toThrow(/"\/If\/output_0"/);

    // What a body gives has a type that is not told; a Cast behind it does.
    const steps = tape();
    const v = steps.input("v", "float32", [2]);
    const [rows] = steps.scan([steps.input("x", "float32", [3, 2])], (inner, [x]) => [inner.op("Mul", [x!, v])]);
    const sized = steps.op("Reshape", [steps.op("Cast", [rows!], { to: 1 }), steps.constant("int64", [2], [3, 2])]);
    steps.output("loss", steps.op("ReduceSum", [steps.op("Mul", [sized, v])], { keepdims: 0 }));
    expect(() => differentiate(steps.model(), { loss: "loss", parameters: ["v"] })).toThrow(/Cast|Scan/);
  });

  it("takes lists alone", () => {
    const of = (asked: object) => () => differentiate(square().model(), { loss: "loss", ...asked } as never);
    expect(of({ parameters: "x" })).toThrow(TypeError('differentiate: parameters must be an array, got "x"'));
    expect(of({ parameters: ["x"], checkpoints: "x" })).toThrow(TypeError);
  });

  it("wants sizes that are numbers", () => {
    const t = tape();
    const x = t.input("x", "float32", ["n"]);
    const w = t.input("w", "float32", [1]);
    t.output("loss", t.op("ReduceSum", [t.op("Mul", [x, w])], { keepdims: 0 }));
    expect(() => differentiate(t.model(), { loss: "loss", parameters: ["w"] })).toThrow(
      /^differentiate: ReduceSum "\/ReduceSum": the sizes of ".*" must be numbers, got \[n\]$/,
    );
  });
});

describe("products of matrices that stand the other way round", () => {
  /** loss = Σ x Wᵀ v, W read as it is stored, x [rows, inner] or with batches, and the other way round where it is asked for. */
  const linear = (batch: readonly number[], [rows, inner, out]: readonly [number, number, number], turnsX: boolean) => {
    const t = tape();
    const numbers = (dims: readonly number[], seed: number): NdArray =>
      ndArray(
        "float32",
        dims,
        Array.from({ length: dims.reduce((all, size) => all * size, 1) }, (_, at) => Math.sin(2 * at + seed)),
      );
    const swap = (value: Value): Value => {
      const rank = value.dims!.length;
      const perm = [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
      return t.op("Transpose", [value], { perm });
    };
    const feeds = {
      x: numbers([...batch, ...(turnsX ? [inner, rows] : [rows, inner])], 1),
      w: numbers([out, inner], 2),
    };
    const [x, w] = Object.entries(feeds).map(([name, { dims }]) => t.input(name, "float32", dims)) as [Value, Value];
    const y = t.op("MatMul", [turnsX ? swap(x) : x, swap(w)]);
    const v = numbers([...batch, rows, out], 3);
    t.output("loss", t.op("ReduceSum", [t.op("Mul", [y, t.constant("float32", v.dims, v.data)])], { keepdims: 0 }));
    return { model: t.model({ opset: 23, irVersion: 11 }), feeds };
  };
  const cases = [[], [2], [2, 3]].flatMap((batch) =>
    (
      [
        [2, 3, 5],
        [5, 3, 2],
        [1, 7, 2],
        [4, 2, 3],
      ] as const
    ).flatMap((sizes) => [false, true].map((turnsX) => ({ batch, sizes, turnsX }))),
  );

  it.each(cases)("batch $batch, rows, inner and out $sizes, x turned: $turnsX", ({ batch, sizes, turnsX }) => {
    check(linear(batch, sizes, turnsX));
  });

  it("moves a stored matrix no more than the way there does, and its gradient not at all", () => {
    const { model } = linear([], [4, 3, 5], false);
    const { node, output } = differentiate(model, { loss: "loss", parameters: ["x", "w"] }).graph!;
    const behind = node.slice(model.graph!.node.length);
    const [turned, ...others] = behind.filter(({ opType }) => opType === "Transpose");
    expect(others).toEqual([]);
    // What W's rows are handed is turned, for a product that is W's gradient as W is stored.
    const product = behind.find(({ input }) => input.includes(turned!.output[0]!))!;
    expect(product.opType).toBe("MatMul");
    const given = node.find(({ output: [name] }) => name === gradientOf("w"))!;
    expect([given.opType, given.input]).toEqual(["Identity", product.output]);
    expect(output.map(({ name }) => name)).toEqual(["loss", gradientOf("x"), gradientOf("w")]);
  });
});

describe("checkpoints", () => {
  /** Layers of a product, a norm, and a split whose halves meet again; weights that differ. */
  const layered = (
    layers: number,
    rows: number,
  ): { readonly model: ReturnType<Tape["model"]>; readonly feeds: Arrays } => {
    const t = tape();
    const numbers = (dims: readonly number[], seed: number): NdArray =>
      ndArray(
        "float32",
        dims,
        Array.from({ length: dims[0]! * (dims[1] ?? 1) }, (_, at) => Math.sin(1 + at + 17 * seed)),
      );
    const feeds: Record<string, NdArray> = { x: numbers([rows, 4], 0) };
    let hidden = t.op("Identity", [t.input("x", "float32", [rows, 4])], {}, { output: "hidden_0" });
    for (let layer = 1; layer <= layers; layer++) {
      feeds[`w${layer}`] = numbers([4, 8], layer);
      feeds[`b${layer}`] = numbers([4], layer + 100);
      const product = t.op("MatMul", [hidden, t.input(`w${layer}`, "float32", [4, 8])]);
      const [gate, up] = t.ops("Split", 2, [product], { axis: 1 });
      const gated = t.op("Mul", [t.op("Sigmoid", [gate!]), up!]);
      const sum = t.op("Add", [t.op("Add", [hidden, gated]), t.input(`b${layer}`, "float32", [4])]);
      hidden = t.op("Identity", [t.op("Tanh", [sum])], {}, { output: `hidden_${layer}` });
    }
    t.output("loss", t.op("ReduceSum", [t.op("Mul", [hidden, hidden])], { keepdims: 0 }));
    return { model: t.model(), feeds };
  };
  const names = (layers: number): readonly string[] => Array.from({ length: layers + 1 }, (_, at) => `hidden_${at}`);

  it("changes no number, whichever values are kept", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }).chain((layers) =>
          fc.record({
            layers: fc.constant(layers),
            rows: fc.integer({ min: 1, max: 3 }),
            kept: fc.subarray([...names(layers)]),
          }),
        ),
        ({ layers, rows, kept }) => {
          const { model, feeds } = layered(layers, rows);
          const parameters = Object.keys(feeds);
          const [all, few] = [{}, { checkpoints: kept }].map((more) => {
            const backward = differentiate(model, { loss: "loss", parameters, ...more });
            checkModel(backward);
            return evaluate(decode(encode(backward)), feeds);
          });
          for (const name of parameters) expect(few![gradientOf(name)]).toEqual(all![gradientOf(name)]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("changes no shape where a value that is kept has no axis, and no number beside one that is none", () => {
    const t = tape();
    const [w, v] = [t.input("w", "float32", []), t.input("v", "float32", [3])];
    const a = t.op("Exp", [w], {}, { output: "a" });
    const b = t.op("Log", [t.op("Mul", [a, v])], {}, { output: "b" });
    const c = t.op("Mul", [t.op("Exp", [b]), v], {}, { output: "c" });
    const d = t.op("ReduceSum", [t.op("Sigmoid", [c])], { keepdims: 0 }, { output: "d" });
    t.output("loss", t.op("Add", [t.op("Tanh", [d]), a]));
    for (const first of [2, -1, 0, Infinity, -Infinity, NaN])
      for (const kept of [["a"], ["b"], ["a", "d"], ["a", "b", "c", "d"]]) {
        const feeds = { w: ndArray("float32", [], [0.3]), v: ndArray("float32", [3], [first, 1, 2]) };
        const [all, few] = [[], kept].map((checkpoints) => {
          const backward = differentiate(t.model(), { loss: "loss", parameters: ["w", "v"], checkpoints });
          checkModel(backward);
          return evaluate(backward, feeds);
        });
        for (const name of ["w", "v"]) expect(few![gradientOf(name)]).toEqual(all![gradientOf(name)]);
      }
  });

  it("reads nothing from inside a stretch but what it has computed anew there", () => {
    const { model, feeds } = layered(3, 2);
    const parameters = Object.keys(feeds);
    const { graph } = differentiate(model, { loss: "loss", parameters, checkpoints: names(3) });
    const forward = new Set(
      model.graph!.node.flatMap(({ output }) => output).filter((name) => !names(3).includes(name)),
    );
    const back = graph!.node.slice(model.graph!.node.length);
    const last = new Set(model.graph!.node.slice(-3).flatMap(({ output }) => output));
    const read = back.flatMap(({ input }) => input).filter((name) => forward.has(name) && !last.has(name));
    expect(read).toEqual([]);
    expect(back.filter(({ opType }) => opType === "Tanh")).toHaveLength(3);
  });

  it("names one that is not computed, and an order that is not the graph's", () => {
    const { model } = layered(2, 1);
    const of = (checkpoints: readonly string[]) => () =>
      differentiate(model, { loss: "loss", parameters: ["w1"], checkpoints });
    expect(of(["x"])).toThrow(RangeError('differentiate: checkpoints must be computed in the graph, got "x"'));
    expect(of(["hidden_2", "hidden_1"])).toThrow(
      'differentiate: checkpoints must be in the order of the graph, got "hidden_1" behind "hidden_2"',
    );
  });
});
