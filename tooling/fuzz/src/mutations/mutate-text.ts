/** A text with a few pieces cut out, repeated, or put in from a list of words. */
import fc from "fast-check";

const position = fc.double({ min: 0, max: 1, noNaN: true });

export const mutateText = (text: string, words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        kind: fc.nat(4),
        at: position,
        length: fc.integer({ min: 1, max: 40 }),
        word: fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom(...words) },
          fc.string({ unit: "binary", maxLength: 8 }),
        ),
        times: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 2000 })),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((edits) =>
      edits.reduce((before, { kind, at, length, word, times }) => {
        const from = Math.floor(at * before.length);
        const [head, piece, tail] = [
          before.slice(0, from),
          before.slice(from, from + length),
          before.slice(from + length),
        ];
        switch (kind) {
          case 0:
            return head + tail;
          case 1:
            return head;
          case 2:
            return head + piece.repeat(Math.min(times, 200) + 1) + tail;
          default:
            return head + word.repeat(times) + piece + tail;
        }
      }, text),
    );
