/** What is streamed, joined, is the text of all the tokens: for every form of tokenizer, any tokens and every cut. */
import { forms } from "@ropewalk/testing/tokenizer-forms";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textCodec, textStream, type TextCodec } from "../../src/index.ts";

const streamed = async (codec: TextCodec, ids: readonly number[]): Promise<readonly string[]> => {
  const pieces: string[] = [];
  const tokens = async function* () {
    yield* ids;
  };
  for await (const piece of textStream(codec, tokens())) pieces.push(piece);
  return pieces;
};

const idsOf = (tokenizer: (typeof forms)[string]["tokenizer"]): readonly number[] => {
  const { vocab } = tokenizer["model"] as { readonly vocab: Readonly<Record<string, number>> };
  const added = tokenizer["added_tokens"] as readonly { readonly id: number }[];
  // One more than there are: the embeddings of a checkpoint may have rows that no token uses.
  return [...new Set([...Object.values(vocab), ...added.map(({ id }) => id), 4000])];
};

/** Any tokens, with runs of the same one: spaces, bytes of one character, special tokens. */
const sequences = (ids: readonly number[]) =>
  fc
    .array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(1, 1, 1, 2, 5, 14)), { maxLength: 30 })
    .map((runs) => runs.flatMap(([id, length]) => Array.from({ length }, () => id)));

describe.each(Object.entries(forms))("%s", (_, { tokenizer, config }) => {
  const codec = textCodec({ tokenizer, config });

  it("streams any tokens as it decodes them", async () => {
    await fc.assert(
      fc.asyncProperty(sequences(idsOf(tokenizer)), async (ids) => {
        expect((await streamed(codec, ids)).join("")).toBe(codec.decode(ids));
      }),
      { numRuns: 400 },
    );
  });

  it("streams a text as it decodes it, at every cut", async () => {
    const ids = codec.encode(
      "it 'search' it don't . The caf\u00e9 \u4e2d\u6587 \u{1F600}\u{1F468}\u200D\u{1F469} !\n\n a",
    );
    for (let cut = 0; cut <= ids.length; cut++) {
      expect((await streamed(codec, ids.slice(0, cut))).join("")).toBe(codec.decode(ids.slice(0, cut)));
      expect((await streamed(codec, ids.slice(cut))).join("")).toBe(codec.decode(ids.slice(cut)));
    }
  });
});

describe("the pieces", () => {
  const pieces = async (form: string, ids: readonly number[]): Promise<readonly string[]> => {
    const codec = textCodec(forms[form]!);
    return streamed(codec, ids);
  };
  const idOf = (form: string, token: string): number =>
    (forms[form]!.tokenizer["model"] as { readonly vocab: Readonly<Record<string, number>> }).vocab[token]!;

  it("come with the tokens, and keep every letter", async () => {
    const ids = ["it", "Ġ'", "search", "'s"].map((token) => idOf("byte-level BPE", token));
    expect(await pieces("byte-level BPE", ids)).toEqual(["it", " '", "search", "'s"]);
  });

  it("wait for a character's last byte", async () => {
    const ids = ["<0xE4>", "<0xB8>", "<0xAD>", "a"].map((token) => idOf("Gemma: byte fallback", token));
    expect(await pieces("Gemma: byte fallback", ids)).toEqual(["中", "a"]);
  });

  it("are one, at the end, where any token can change all of the text", async () => {
    const ids = ["a", "▁", "a"].map((token) => idOf("replaced across tokens", token));
    expect(await pieces("replaced across tokens", ids)).toEqual([" a"]);
    for (const [name, files] of Object.entries(forms)) {
      const whole = ["replaced across tokens", "CTC", "suffixes of words"].includes(name);
      expect([name, textCodec(files).decoding]).toEqual([name, whole ? "whole" : "local"]);
    }
  });
});

describe("text is not tidied up", () => {
  const vocab = { it: 0, "Ġ'": 1, search: 2, "'": 3, Ġdo: 4, Ġn: 5, "'t": 6, "Ġ!": 7, "=": 8 };
  const tokenizer = {
    added_tokens: [],
    decoder: { type: "ByteLevel" },
    model: { type: "BPE", vocab, merges: [] },
  };

  it.each([true, false, undefined])("clean_up_tokenization_spaces %s", async (clean) => {
    const codec = textCodec({ tokenizer, config: { clean_up_tokenization_spaces: clean } });
    for (const [ids, text] of [
      [[0, 1, 2, 3], "it 'search'"],
      [[0, 4, 5, 6], "it do n't"],
      [[0, 7, 8], "it !="],
    ] as const) {
      expect(codec.decode(ids)).toBe(text);
      expect((await streamed(codec, ids)).join("")).toBe(text);
    }
  });

  it("is decoded from ids alone", () => {
    const { decode } = textCodec({ tokenizer, config: {} });
    for (const [ids, message] of [
      [undefined, "TypeError: decode: ids must be a list of token ids, got nothing"],
      [5, "TypeError: decode: ids must be a list of token ids, got 5"],
      [Int32Array.of(1), "RangeError: decode: ids must be a list of token ids, got an Int32Array"],
      [[0, "1"], 'TypeError: decode: ids[1] must be an integer >= 0, got "1"'],
      [[-1], "RangeError: decode: ids[0] must be an integer >= 0, got -1"],
    ] as const) {
      const said = (() => {
        try {
          return decode(ids as never);
        } catch (error) {
          return String(error);
        }
      })();
      expect(said).toBe(message);
    }
  });
});
