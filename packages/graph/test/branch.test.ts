import { cpu } from "@ropewalk/backend-node";
import { float32 } from "@ropewalk/backend";
import { describe, expect, it } from "vitest";
import { checkModel, encode, evaluate, ndArray, tape, type Tape, type Value } from "../src/index.ts";

const recorded = () => {
  const t = tape();
  const x = t.input("x", "float32", [2]);
  const limit = t.constant("float32", [1], [3]);
  const condition = t.op("Squeeze", [t.op("Greater", [t.op("ReduceSum", [x]), limit])]);
  const doubled = t.op("Add", [x, x]);
  const [out, kept] = t.scope("pick").branch(condition, {
    whenTrue: (inner) => [inner.op("Mul", [doubled, inner.constant("float32", [1], [10])]), doubled],
    whenFalse: (inner) => [inner.op("Neg", [doubled]), inner.op("Sub", [x, inner.constant("float32", [1], [10])])],
  });
  t.output("out", out!);
  // A constant of an arm serves outside of it too.
  t.output("kept", t.op("Add", [kept!, t.constant("float32", [1], [10])]));
  return t.model();
};

describe("a branch", () => {
  const cases = [
    { x: [1, 1], out: [-2, -2], kept: [1, 1] },
    { x: [2, 3], out: [40, 60], kept: [14, 16] },
  ];

  it.each(cases)("runs one of its arms: $x", async ({ x, out, kept }) => {
    const model = recorded();
    checkModel(model);
    const evaluated = evaluate(model, { x: ndArray("float32", [2], x) });
    expect([...evaluated["out"]!.data]).toEqual(out);
    expect([...evaluated["kept"]!.data]).toEqual(kept);
    const session = await cpu({ threads: 1 }).createSession(encode(model));
    const run = await session.run({ x: float32([2], Float32Array.from(x)) }, { read: ["out", "kept"] });
    await session.release();
    expect(run).toMatchObject({ out: { data: Float32Array.from(out) }, kept: { data: Float32Array.from(kept) } });
  });

  it("imports the domains of its arms' nodes", () => {
    const t = tape();
    const x = t.input("x", "float32", [2]);
    const yes = t.constant("bool", [], [1]);
    const gelu = (inner: Tape): readonly Value[] => [inner.op("Gelu", [x], {}, { domain: "com.microsoft" })];
    t.output("out", t.branch(yes, { whenTrue: gelu, whenFalse: () => [x] })[0]!);
    expect(t.model().opsetImport.map(({ domain }) => domain)).toEqual(["", "com.microsoft"]);
  });

  it("refuses arms that do not match, and inputs declared in one", () => {
    const t = tape();
    const x = t.input("x", "float32", [2]);
    const yes = t.constant("bool", [], [1]);
    expect(() => t.branch(yes, { whenTrue: () => [x, x], whenFalse: () => [x] })).toThrow(
      /both arms must give as many values, at least one, got 2 and 1/,
    );
    expect(() => t.branch(yes, { whenTrue: () => [x], whenFalse: () => [yes] })).toThrow(
      /value 0 in one type, got float32 and bool/,
    );
    expect(() =>
      t.branch(yes, { whenTrue: (inner) => [inner.input("y", "float32", [2])], whenFalse: () => [x] }),
    ).toThrow(/inputs and outputs of the model must be declared outside, got "y"/);
  });

  it("keeps what an arm made inside it", () => {
    const t = tape();
    const x = t.input("x", "float32", [2]);
    let inside = x;
    t.branch(t.constant("bool", [], [1]), {
      whenTrue: (inner) => [(inside = inner.op("Neg", [x]))],
      whenFalse: () => [x],
    });
    expect(() => t.op("Neg", [inside])).toThrow(/must be of this tape/);
  });
});
