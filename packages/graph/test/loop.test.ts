import { float32, int64 } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { describe, expect, it } from "vitest";
import { checkModel, encode, evaluate, ndArray, tape, type LoopStep, type Tape } from "../src/index.ts";

/** x doubled up to `steps` times, until it reaches `limit`; the rows before each doubling are stacked, and joined. */
const recorded = () => {
  const t = tape();
  const [steps, limit] = [t.input("steps", "int64", []), t.input("limit", "float32", [])];
  const x = t.input("x", "float32", [1, 2]);
  const start = t.op("Identity", [x]);
  const { carried, stacked } = t
    .scope("grow")
    .loop({ steps, carried: [x, { ...start, dims: [undefined, 2] }] }, (body, step, [row, rows]): LoopStep => {
      const doubled = body.op("Mul", [row!, body.constant("float32", [], [2])]);
      return {
        condition: body.op("Less", [body.op("ReduceMax", [doubled], { keepdims: 0 }), limit]),
        carried: [doubled, body.op("Concat", [rows!, doubled], { axis: 0 })],
        stacked: [row!, doubled, step],
      };
    });
  expect(carried.map(({ type, dims }) => [type, dims])).toEqual([
    ["float32", [1, 2]],
    ["float32", [undefined, 2]],
  ]);
  expect(stacked.map(({ type, dims }) => [type, dims])).toEqual([
    ["float32", [undefined, 1, 2]],
    ["float32", [undefined, 1, 2]],
    ["int64", [undefined]],
  ]);
  const names = ["last", "rows", "before", "after", "at"];
  [...carried, ...stacked].forEach((value, index) => t.output(names[index]!, value));
  return t.model();
};

describe("a loop", () => {
  const cases = [
    { steps: 2, limit: 1000, last: [4, 8], rows: [1, 2, 2, 4, 4, 8], before: [1, 2, 2, 4], at: [0, 1] },
    { steps: 9, limit: 8, last: [4, 8], rows: [1, 2, 2, 4, 4, 8], before: [1, 2, 2, 4], at: [0, 1] },
    { steps: 1, limit: 0, last: [2, 4], rows: [1, 2, 2, 4], before: [1, 2], at: [0] },
  ];

  it.each(cases)(
    "runs its body $steps times at most, or to the limit $limit",
    async ({ steps, limit, ...expected }) => {
      const model = recorded();
      checkModel(model);
      const evaluated = evaluate(model, {
        steps: ndArray("int64", [], [steps]),
        limit: ndArray("float32", [], [limit]),
        x: ndArray("float32", [1, 2], [1, 2]),
      });
      const session = await cpu({ threads: 1 }).createSession(encode(model));
      const run = await session.run(
        {
          steps: int64([], [steps]),
          limit: float32([], Float32Array.of(limit)),
          x: float32([1, 2], Float32Array.of(1, 2)),
        },
        { read: ["last", "rows", "before", "after", "at"] },
      );
      await session.release();
      for (const [name, data] of Object.entries(expected)) {
        expect([name, ...evaluated[name]!.data]).toEqual([name, ...data]);
        expect(run[name]).toMatchObject({ dims: evaluated[name]!.dims });
        expect([name, ...Array.from((run[name] as { data: Float32Array }).data, Number)]).toEqual([name, ...data]);
      }
    },
  );

  it("gives back what it was given when it is not run, and has no shape for what it would have stacked", async () => {
    const t = tape();
    const [x, steps] = [t.input("x", "float32", [1]), t.input("steps", "int64", [])];
    const twice = (body: Tape, _: unknown, [last]: readonly (typeof x)[]): LoopStep => ({
      condition: body.constant("bool", [], [1]),
      carried: [body.op("Add", [last!, last!])],
    });
    t.output("out", t.loop({ steps, carried: [x] }, twice).carried[0]!);
    const model = t.model();
    const feeds = { x: ndArray("float32", [1], [3]), steps: ndArray("int64", [], [0]) };
    expect([...evaluate(model, feeds)["out"]!.data]).toEqual([3]);
    const session = await cpu({ threads: 1 }).createSession(encode(model));
    const run = await session.run({ x: float32([1], Float32Array.of(3)), steps: int64([], [0]) }, { read: ["out"] });
    await session.release();
    expect(run["out"]).toMatchObject({ data: Float32Array.of(3) });
    expect(() =>
      evaluate(recorded(), {
        steps: ndArray("int64", [], [0]),
        limit: ndArray("float32", [], [1]),
        x: ndArray("float32", [1, 2], [1, 2]),
      }),
    ).toThrow(/Loop "\/grow\/Loop" must be run once to tell the shape of .*, got 0 runs/);
  });

  it("refuses bodies that carry on something else, and what is declared inside", () => {
    const t = tape();
    const [x, steps] = [t.input("x", "float32", [2]), t.input("steps", "int64", [])];
    const yes = t.constant("bool", [], [1]);
    const body = (step: LoopStep) => () => step;
    expect(() => t.loop({ steps, carried: [x] }, body({ condition: yes, carried: [] }))).toThrow(
      /must carry on as many values as it is given, got 0 of 1/,
    );
    expect(() => t.loop({ steps, carried: [x] }, body({ condition: yes, carried: [yes] }))).toThrow(
      /carried value 0 must keep its type and sizes, got bool\[\] after float32\[2\]/,
    );
    expect(() =>
      t.loop({ steps, carried: [x] }, (inner, _, [last]) => ({
        condition: yes,
        carried: [inner.op("Concat", [last!, last!], { axis: 0 })],
      })),
    ).toThrow(/carried value 0 must keep its type and sizes, got float32\[4\] after float32\[2\]/);
    expect(() => t.loop({ steps, carried: [x] }, body({ condition: x, carried: [x] }))).toThrow(
      /a condition must be bool, got float32/,
    );
    expect(() => t.loop({ steps: x, carried: [] }, body({ condition: yes, carried: [] }))).toThrow(
      /steps must be int64, got float32/,
    );
    expect(() =>
      t.loop({ steps, carried: [x] }, (inner) => ({ condition: yes, carried: [inner.input("late", "float32", [2])] })),
    ).toThrow(/declared outside, got "late"/);
  });
});
