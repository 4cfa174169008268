import { float32 } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { describe, expect, it } from "vitest";
import { checkModel, encode, evaluate, ndArray, tape } from "../src/index.ts";

describe("a scan", () => {
  it("runs its body for each index of the first axis, and stacks what it gives", async () => {
    const t = tape();
    const x = t.input("x", "float32", [3, "n", 2]);
    const y = t.input("y", "float32", [3, 2]);
    const shift = t.op("Neg", [t.input("shift", "float32", [1])]);
    const [out, kept] = t
      .scope("each")
      .scan([x, y], (body, [matrix, vector]) => [
        body.op("Add", [
          body.op("MatMul", [matrix!, vector!]),
          body.op("Mul", [shift, body.constant("float32", [1], [10])]),
        ]),
        vector!,
      ]);
    expect([out!.dims, kept!.dims]).toEqual([
      [3, "n"],
      [3, 2],
    ]);
    t.output("out", out!);
    t.output("kept", kept!);
    const model = t.model();
    checkModel(model);
    const evaluated = evaluate(model, {
      x: ndArray("float32", [3, 1, 2], [1, 2, 3, 4, 5, 6]),
      y: ndArray("float32", [3, 2], [1, 0, 0, 1, 1, 1]),
      shift: ndArray("float32", [1], [-2]),
    });
    expect(evaluated["out"]).toMatchObject({ dims: [3, 1], data: Float64Array.of(21, 24, 31) });
    const session = await cpu({ threads: 1 }).createSession(encode(model));
    const run = await session.run(
      {
        x: float32([3, 1, 2], Float32Array.of(1, 2, 3, 4, 5, 6)),
        y: float32([3, 2], Float32Array.of(1, 0, 0, 1, 1, 1)),
        shift: float32([1], Float32Array.of(-2)),
      },
      { read: ["out", "kept"] },
    );
    await session.release();
    expect(run["out"]).toMatchObject({ dims: [3, 1], data: Float32Array.of(21, 24, 31) });
    expect(run["kept"]).toMatchObject({ dims: [3, 2], data: Float32Array.of(1, 0, 0, 1, 1, 1) });
  });

  it("refuses nothing to scan, scalars, and inputs declared inside", () => {
    const t = tape();
    const [x, scalar] = [t.input("x", "float32", [2]), t.input("scalar", "float32", [])];
    expect(() => t.scan([], () => [x])).toThrow(/inputs must be at least one, got none/);
    expect(() => t.scan([scalar], (_, [slice]) => [slice!])).toThrow(/must have an axis, got the scalar "scalar"/);
    expect(() => t.scan([x], (body) => [body.input("late", "float32", [])])).toThrow(/declared outside, got "late"/);
  });
});
