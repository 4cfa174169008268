/** Streaming a text costs as much for each token at its end as at its beginning, whatever its tokens are. The tokens that are decoded are counted. */
import { forms } from "@ropewalk/testing/tokenizer-forms";
import { expect, it } from "vitest";
import { textCodec, textStream, type TextCodec } from "../../src/index.ts";

const decodedPerToken = async (codec: TextCodec, ids: readonly number[]): Promise<number> => {
  let decoded = 0;
  const counting: TextCodec = {
    ...codec,
    decode: (some) => {
      decoded += some.length;
      return codec.decode(some);
    },
  };
  const tokens = async function* () {
    yield* ids;
  };
  let text = "";
  for await (const piece of textStream(counting, tokens())) text += piece;
  expect(text).toBe(codec.decode(ids));
  return decoded / ids.length;
};

/** Tokens that are decoded for a token at most: those of its piece and the few before it, each a few times. */
const most = 30;
const length = 100;

/** Some tokens of every kind, and one more than there are: the embeddings of a checkpoint may have rows that no token uses. */
const someTokens = ({ tokenizer }: (typeof forms)[string]): ReadonlySet<number> => {
  const { vocab } = tokenizer["model"] as { readonly vocab: Readonly<Record<string, number>> };
  const added = tokenizer["added_tokens"] as readonly { readonly id: number }[];
  return new Set([...Object.values(vocab).filter((id) => id % 23 === 3), ...added.map(({ id }) => id), 4000]);
};

const local = Object.entries(forms).filter(([, files]) => textCodec(files).decoding === "local");

it.each(local)("%s: any token over and over, alone and behind a word", async (_, files) => {
  const codec = textCodec(files as Parameters<typeof textCodec>[0]);
  const word = codec.encode("it", { specialTokens: false }).slice(0, 1);
  for (const id of someTokens(files))
    for (const before of [[], word]) {
      // What a decoder takes away is read again: a later token may bring it back.
      if (codec.hasText!(id) && codec.decode([id, id]) === codec.decode([id])) continue;
      const ids = [...before, ...Array.from({ length }, () => id)];
      const decoded = await decodedPerToken(codec, ids);
      expect(decoded, `token ${id} behind ${before.length} others`).toBeLessThan(most);
    }
});

it("bytes that become no character are not held back for good", async () => {
  const files = forms["Gemma: byte fallback"]!;
  const codec = textCodec(files);
  const byte = (files.tokenizer["model"] as { readonly vocab: Readonly<Record<string, number>> }).vocab["<0xB8>"]!;
  const pieces: string[] = [];
  const tokens = async function* () {
    for (let count = 0; count < 12; count++) yield byte;
  };
  for await (const piece of textStream(codec, tokens())) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.join("")).toBe("\uFFFD".repeat(12));
});
