/** Graphs that are cut at their Negs: run step by step they give what the whole graph gives. */
import {
  decode,
  encode,
  evaluate,
  ndArray,
  tape,
  valueInfo,
  type NdArray,
  type NodeProto,
  type Value,
} from "@ropewalk/graph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutModel, type CutNode, type Segment } from "../src/kernel/cut-model.ts";

const isNeg = ({ opType }: NodeProto): boolean => opType === "Neg";

type Step = { readonly operator: "Add" | "Mul" | "Neg" | "Tanh"; readonly a: number; readonly b: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    operator: fc.constantFrom("Add" as const, "Mul" as const, "Neg" as const, "Neg" as const, "Tanh" as const),
    a: fc.nat(1_000),
    b: fc.nat(1_000),
  }),
  { minLength: 1, maxLength: 30 },
);

/** A graph of two inputs and two constants, whose nodes read any values before them. Some of its values are outputs. */
const graphOf = (recorded: readonly Step[], outputs: readonly number[]) => {
  const t = tape();
  const vector = (name: string): Value => t.input(name, "float32", [3]);
  const constant = t.op("Sqrt", [t.constant("float32", [3], [1, 4, 9])]);
  const values: Value[] = [vector("x"), vector("y"), t.constant("float32", [3], [2, 3, 5]), constant];
  for (const { operator, a, b } of recorded) {
    const read = (at: number): Value => values[at % values.length]!;
    // A cut node reads what is computed, no constant.
    const ofInputs = operator === "Neg" ? t.op("Add", [read(a), values[0]!]) : read(a);
    const two = operator === "Add" || operator === "Mul";
    values.push(two ? t.op(operator, [ofInputs, read(b)]) : t.op(operator, [ofInputs]));
  }
  // The last is computed of an input in any case.
  values.push(t.op("Add", [values.at(-1)!, values[1]!]));
  const given = [...new Set([...outputs.map((at) => 4 + (at % (values.length - 4))), values.length - 1])];
  const dynamic = given.filter(
    (at) => at === values.length - 1 || dependsOnInput(t.model().graph!.node, values[at]!.name),
  );
  dynamic.forEach((at, index) => t.output(`out${index}`, values[at]!));
  const model = t.model();
  const stated = model.graph!.node.flatMap(({ output }) => output.map((name) => t.value(name)!));
  const made = decode(encode(model));
  return { ...made, graph: { ...made.graph!, valueInfo: stated.map(valueInfo) } };
};

const dependsOnInput = (nodes: readonly NodeProto[], name: string): boolean => {
  if (name === "x" || name === "y") return true;
  const maker = nodes.find(({ output }) => output.includes(name));
  return maker?.input.some((each) => dependsOnInput(nodes, each)) ?? false;
};

const inputs = { x: ndArray("float32", [3], [0.1, -0.2, 0.3]), y: ndArray("float32", [3], [0.5, 0.7, -1]) };

/** Runs the steps in their order. Each finds what it reads. */
const runSteps = (all: readonly (Segment | CutNode)[]): ReadonlyMap<string, NdArray> => {
  const values = new Map<string, NdArray>(Object.entries(inputs));
  for (const step of all) {
    const missing = step.reads.filter((name) => !values.has(name));
    expect(missing).toEqual([]);
    if (step.kind === "node") {
      const value = values.get(step.reads[0]!)!;
      // The evaluator's own numbers, which are not rounded between nodes.
      values.set(step.gives[0]!, { ...value, data: value.data.map((x) => -x) });
      continue;
    }
    expect(step.model.graph!.node.some(isNeg)).toBe(false);
    const model = decode(encode(step.model));
    const feeds = Object.fromEntries(step.reads.map((name) => [name, values.get(name)!]));
    for (const [name, value] of Object.entries(evaluate(model, feeds))) values.set(name, value);
  }
  return values;
};

describe("cutModel", () => {
  it("gives steps that compute what the whole graph computes", () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(1_000), { maxLength: 4 }), (recorded, outputs) => {
        const model = graphOf(recorded, outputs);
        const whole = evaluate(model, inputs);
        const found = runSteps(cutModel(model, isNeg));
        // Zeros of both signs are the same here.
        const numbers = (data: ArrayLike<number> | undefined) => Array.from(data ?? [], (x) => x + 0);
        for (const [name, { data }] of Object.entries(whole))
          expect(numbers(found.get(name)?.data)).toEqual(numbers(data));
      }),
    );
  });

  it("runs a node where it is read, and constants in each segment that reads them", () => {
    const t = tape();
    const x = t.input("x", "float32", [3]);
    const weight = t.op("Sqrt", [t.constant("float32", [3], [1, 4, 9])]);
    const late = t.op("Add", [x, weight], {}, { output: "late" });
    const cut = t.op("Neg", [t.op("Mul", [x, weight], {}, { output: "early" })], {}, { output: "cut" });
    t.output("out", t.op("Add", [t.op("Mul", [cut, weight]), late], {}, { output: "out" }));
    const model = t.model();
    const graph = { ...model.graph!, valueInfo: ["late", "early", "cut"].map((name) => valueInfo(t.value(name)!)) };
    const all = cutModel({ ...model, graph }, isNeg);
    expect(all.map(({ kind, reads, gives }) => ({ kind, reads, gives }))).toEqual([
      { kind: "segment", reads: ["x"], gives: ["early"] },
      { kind: "node", reads: ["early"], gives: ["cut"] },
      { kind: "segment", reads: ["x", "cut"], gives: ["out"] },
    ]);
    const operators = all.flatMap((step) =>
      step.kind === "segment" ? [step.model.graph!.node.map((n) => n.opType)] : [],
    );
    expect(operators).toEqual([
      ["Sqrt", "Mul"],
      ["Sqrt", "Add", "Mul", "Add"],
    ]);
  });

  it("refuses a value that passes a cut and has no stated type", () => {
    const t = tape();
    t.output(
      "out",
      t.op("Exp", [t.op("Neg", [t.op("Abs", [t.input("x", "float32", [3])], {}, { output: "before" })])]),
    );
    expect(() => cutModel(t.model(), isNeg)).toThrow(
      new RangeError("cutModel: the type of before must be stated, for it passes a cut"),
    );
  });
});
