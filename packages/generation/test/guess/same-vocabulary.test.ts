/** A draft must have the model's vocabulary: which token tells two vocabularies apart. */
import { expect, it } from "vitest";
import { differentToken } from "../../src/guess/same-vocabulary.ts";

const files = (tokenizer: object): Parameters<typeof differentToken>[0] => ({ tokenizer }) as never;
const bpe = (vocab: object, added: readonly object[] = []) => files({ model: { vocab }, added_tokens: added });

it.each([
  ["equal ones, in another order", bpe({ a: 0, b: 1 }), bpe({ b: 1, a: 0 })],
  ["an added token that stands in the vocabulary too", bpe({ a: 0, b: 1 }), bpe({ a: 0 }, [{ id: 1, content: "b" }])],
  [
    "a Unigram list, whose places are ids",
    files({
      model: {
        vocab: [
          ["a", -1],
          ["b", -2],
        ],
      },
    }),
    bpe({ a: 0, b: 1 }),
  ],
  ["one that is not known", bpe({ a: 0 }), undefined],
])("no token of %s", (_, wanted, got) => {
  expect(differentToken(wanted, got)).toBeUndefined();
});

it.each([
  ["another id", bpe({ a: 0, b: 1 }), bpe({ a: 0, b: 2 }), { token: "b", wanted: 1, got: 2 }],
  ["a token that the draft lacks", bpe({ a: 0, b: 1 }), bpe({ a: 0 }), { token: "b", wanted: 1, got: undefined }],
  ["a token that the model lacks", bpe({ a: 0 }), bpe({ a: 0, c: 5 }), { token: "c", wanted: undefined, got: 5 }],
])("%s is named with both ids", (_, wanted, got, different) => {
  expect(differentToken(wanted, got)).toEqual(different);
});
