/** A file with a few bytes changed, cut out, put in, or cut off. */
import fc from "fast-check";

type Edit = { readonly kind: number; readonly at: number; readonly value: number; readonly length: number };

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.nat(5),
  // Most of what decides stands at the beginning.
  at: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.02, noNaN: true })),
  value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)),
  length: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 64 })),
});

const edited = (bytes: Uint8Array, { kind, at, value, length }: Edit): Uint8Array => {
  const from = Math.min(bytes.length, Math.floor(at * bytes.length));
  const to = Math.min(bytes.length, from + length);
  const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
  switch (kind) {
    case 0:
      return bytes.slice().fill(value, from, to);
    case 1: {
      const flipped = bytes.slice();
      if (from < bytes.length) flipped[from]! ^= 1 << (value % 8);
      return flipped;
    }
    case 2:
      return bytes.slice(0, from);
    case 3:
      return joined(bytes.subarray(0, from), bytes.subarray(to));
    case 4:
      return joined(bytes.subarray(0, from), new Uint8Array(length).fill(value), bytes.subarray(from));
    default:
      return joined(bytes.subarray(0, to), bytes.subarray(from));
  }
};

export const mutateBytes = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => edits.reduce(edited, bytes));
