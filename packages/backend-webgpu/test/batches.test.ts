/** Copies in batches: what comes out is what the copies make one after another, in whatever order a batch is carried out. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Copy } from "../src/device.ts";
import { batchSizes, inBatches } from "../src/node/batches.ts";

type Memory = { readonly words: Float32Array };

const words = 12;
const place = fc.integer({ min: 0, max: 4 });
const asked = fc.array(
  fc.record({
    source: place,
    target: place,
    from: fc.constantFrom(0, 3),
    to: fc.constantFrom(1, 5),
    length: fc.constantFrom(1, 4),
  }),
  { maxLength: 60 },
);

const memories = (): readonly Memory[] =>
  Array.from({ length: 5 }, (_, n) => ({ words: Float32Array.from({ length: words }, (__, at) => 100 * n + at) }));

const carryOut = ({ source, target, from, to, length }: Copy<Memory>): void =>
  target.words.set((source as Memory).words.slice(from, from + length), to);

it("gives what the copies give one by one, the last of a batch first", () => {
  fc.assert(
    fc.property(asked, (copies) => {
      const over = (all: readonly Memory[]): readonly Copy<Memory>[] =>
        copies.map(({ source, target, ...rest }) => ({
          ...rest,
          fromStride: 0,
          toStride: 0,
          count: 1,
          source: all[source]!,
          target: all[target]!,
        }));
      const expected = memories();
      over(expected).forEach(carryOut);
      const got = memories();
      for (const { size, copies: batch } of inBatches(over(got))) {
        expect(batch).toHaveLength(size);
        for (const copy of batch.toReversed()) carryOut(copy);
      }
      expect(got).toEqual(expected);
    }),
  );
});

const same = { from: 0, fromStride: 64, to: 192, toStride: 8192, length: 64, count: 8 };
const sizes = (copies: readonly Copy<Memory>[]): readonly number[] => inBatches(copies).map(({ size }) => size);

it("makes the same copy of many layers in few runs", () => {
  const layers = Array.from({ length: 36 }, () => ({ ...same, source: memories()[0]!, target: memories()[1]! }));
  expect(sizes(layers)).toEqual([16, 16, 4]);
  expect(batchSizes.at(-1)).toBe(1);
});

it("makes several copies into each layer, one layer after another, in as few runs", () => {
  const layers = Array.from({ length: 12 }, () => memories()[0]!);
  const copies = layers.flatMap((target) =>
    [0, 1, 2].map((index) => ({ ...same, to: 64 * index, source: memories()[1]!, target })),
  );
  expect(sizes(copies)).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 4]);
});

it("never puts copies together of which one reads what the other writes", () => {
  const [a, b, c] = memories() as [Memory, Memory, Memory];
  expect(
    sizes([
      { ...same, source: a, target: b },
      { ...same, source: b, target: c },
    ]),
  ).toEqual([1, 1]);
  expect(
    sizes([
      { ...same, source: a, target: b },
      { ...same, source: c, target: a },
    ]),
  ).toEqual([1, 1]);
  expect(
    sizes([
      { ...same, source: a, target: b },
      { ...same, source: c, target: b },
    ]),
  ).toEqual([1, 1]);
});
