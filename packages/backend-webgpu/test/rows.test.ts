/** Strided copies as rows: what Node's device is told. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { copyRows } from "../src/node/rows.ts";

const number = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const copy = fc
  .record({
    unit: number(1, 4),
    length: number(1, 5),
    count: number(1, 4),
    from: number(0, 9),
    fromStride: number(0, 9),
    to: number(0, 9),
    toStride: number(0, 9),
  })
  .map(({ unit, count, ...others }) => {
    const scaled = Object.entries(others).map(([name, value]) => [name, value * unit]);
    return { ...(Object.fromEntries(scaled) as typeof others), count };
  });

it("rows stand for the elements of every run, as wide as can be", () => {
  fc.assert(
    fc.property(copy, (asked) => {
      const { unit, from, to, fromRows, toRows } = copyRows(asked);
      const elements = (rows: Int32Array): readonly number[] =>
        Array.from(rows).flatMap((row) => Array.from({ length: unit }, (_, at) => row * unit + at));
      const expected = (start: number, stride: number): readonly number[] =>
        Array.from({ length: asked.count }, (_, run) =>
          Array.from({ length: asked.length }, (__, at) => start + run * stride + at),
        ).flat();
      expect(elements(from)).toEqual(expected(asked.from, asked.fromStride));
      expect(elements(to)).toEqual(expected(asked.to, asked.toStride));
      expect(fromRows).toBe(Math.max(...from) + 1);
      expect(toRows).toBe(Math.max(...to) + 1);
    }),
  );
  const heads = { from: 0, fromStride: 64, to: 192, toStride: 128 * 64, length: 64, count: 8 };
  expect(copyRows(heads)).toMatchObject({ unit: 64, from: Int32Array.from({ length: 8 }, (_, head) => head) });
});
