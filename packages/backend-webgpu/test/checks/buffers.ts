/** Whatever is asked of buffers on the device, they hold what buffers on the host would. */
import { float32, type TensorBuffer } from "@ropewalk/backend";
import { hostBuffer } from "@ropewalk/backend/host";
import { encode, tape } from "@ropewalk/graph";
import fc from "fast-check";
import { expectThat, type Check } from "./place.ts";

const length = 24;

/** A copy that fits into `length` elements on both sides, or a move. */
const step = fc.oneof(
  fc.record({
    /** From the host into the first, from one to the other, or within the first. */
    kind: fc.constantFrom("host" as const, "there" as const, "back" as const, "self" as const),
    size: fc.integer({ min: 1, max: 4 }),
    count: fc.integer({ min: 1, max: 3 }),
    from: fc.integer({ min: 0, max: 6 }),
    to: fc.integer({ min: 0, max: 6 }),
    fromStride: fc.integer({ min: 0, max: 7 }),
    // Runs of a copy do not overlap where they go.
    gap: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({
    kind: fc.constant("move" as const),
    size: fc.integer({ min: 0, max: 12 }),
    from: fc.integer({ min: 0, max: 12 }),
    to: fc.integer({ min: 0, max: 12 }),
  }),
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Carries out the steps on a pair of buffers. */
const carryOut = (steps: readonly Step[], [first, second]: readonly [TensorBuffer, TensorBuffer]): void =>
  steps.forEach((each, index) => {
    if (each.kind === "move") return first.move(each.from, each.to, each.size);
    const { kind, size, count, from, to, fromStride, gap } = each;
    const host = float32(
      [length],
      Float32Array.from({ length }, (_, at) => 100 * (index + 1) + at),
    );
    const source = { host, there: first, back: second, self: first }[kind];
    const target = kind === "there" ? second : first;
    return target.write(source, { from, fromStride, to, toStride: size + gap, length: size, count });
  });

/** Within one buffer, what is read by a write must not be what it writes: the host copies run by run. */
const defined = (each: Step): boolean => {
  if (each.kind !== "self") return true;
  const { size, count, from, to, fromStride, gap } = each;
  const [readEnd, writtenEnd] = [from + (count - 1) * fromStride + size, to + (count - 1) * (size + gap) + size];
  return readEnd <= to || writtenEnd <= from;
};

export const bufferChecks: readonly Check[] = [
  {
    name: "buffers hold what buffers on the host would, after any copies and moves",
    run: async ({ backend }) => {
      const graph = tape();
      graph.output("out", graph.op("Neg", [graph.input("x", "float32", ["length"])]));
      const session = await backend.createSession(encode(graph.model()));
      const sequences = fc.array(step, { maxLength: 8 }).map((steps) => steps.filter(defined));
      await fc.assert(
        fc.asyncProperty(sequences, async (steps) => {
          const device = [backend.allocate(length), backend.allocate(length)] as const;
          const host = [hostBuffer(length), hostBuffer(length)] as const;
          carryOut(steps, device);
          carryOut(steps, host);
          for (const [index, buffer] of device.entries()) {
            const { out } = await session.run({ x: buffer.view(0, [length]) }, { read: ["out"] });
            const expected = host[index]!.view(0, [length]);
            if (out?.place !== "host" || expected.place !== "host") throw new Error("out must be on the host");
            // -0 is 0 here.
            const [got, wanted] = [out.data, expected.data].map((data) => Array.from(data as Float32Array, Math.abs));
            expectThat(String(got) === String(wanted), `buffer ${index} must hold ${wanted}, got ${got}`);
          }
          for (const buffer of device) buffer.release();
        }),
        { numRuns: 60 },
      );
      await session.release();
    },
  },
];
