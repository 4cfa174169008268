import { openModel, type OpenedModel, type TextCodec } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { beforeAll, describe, expect, it } from "vitest";
import { tokenStream } from "../src/index.ts";

const windows = { length: 2, windows: 1 };
const documents = "A cat sat.\n<|end|>\n\n<|end|>\n  A dog ran.\n\n<|end|>\n";

/** Codes of characters, with or without a token that begins a text. */
const characters = (begin: readonly number[]): TextCodec => ({
  encode: (text) => [...begin, ...Array.from(text, (character) => character.codePointAt(0)!)],
  decode: (ids) => String.fromCodePoint(...ids),
});

describe("tokenStream", () => {
  let stories: OpenedModel;
  beforeAll(async () => void (stories = await openModel(await openFolder(stories260K.url))));

  const withCodec = (text: TextCodec | undefined, bosToken: number | undefined) => ({
    text,
    source: { ...stories.source, bosToken },
  });

  it("encodes a text without a separator as one, as it stands", () => {
    expect(tokenStream(stories, documents, windows)).toEqual({ ids: stories.text!.encode(documents), masked: [] });
  });

  it("gives each document its own beginning, once, and masks it; trims and leaves out empty ones", () => {
    const plan = { length: 10, windows: 1, separator: "<|end|>" };
    const { ids, masked } = tokenStream(stories, documents, plan);
    expect(ids).toEqual(["A cat sat.", "A dog ran."].flatMap((text) => stories.text!.encode(text)));
    expect(ids.filter((id) => id === 1)).toHaveLength(2);
    expect(masked).toEqual([1]);
  });

  it("puts the checkpoint's beginning before documents where the tokenizer adds none", () => {
    const plan = { length: 8, windows: 1, separator: "|" };
    const expected = [1, 97, 98, 99, 1, 100, 101, 102, 103];
    for (const begin of [[], [1]])
      expect(tokenStream(withCodec(characters(begin), 1), "abc|defg", plan)).toEqual({ ids: expected, masked: [1] });
  });

  it("encodes no more documents than the windows take", () => {
    let encoded = 0;
    const { encode, decode } = characters([1]);
    const counting: TextCodec = {
      decode,
      encode: (text) => {
        encoded += 1;
        return encode(text);
      },
    };
    const { ids } = tokenStream(withCodec(counting, 1), "abc|def|ghi|jkl", { length: 3, windows: 2, separator: "|" });
    expect([encoded, ids.length]).toEqual([2, 8]);
  });

  it("refuses what cannot be met", () => {
    const codec = withCodec(characters([]), 1);
    const refused = (run: () => unknown, message: string): void => expect(run).toThrow(new RangeError(message));
    refused(
      () => tokenStream(codec, "abcdefgh", { length: 4, windows: 2 }),
      "tokenStream: the text must have at least 9 tokens, 2 times 4 and one more to predict, got 8; windows 1 would fit",
    );
    refused(
      () => tokenStream(codec, "abc|def", { length: 4, windows: 2, separator: "|" }),
      "tokenStream: the text must have at least 9 tokens, 2 times 4 and one more to predict, got 8; windows 1 would fit",
    );
    refused(
      () => tokenStream(codec, "abcdefgh", { ...windows, separator: "|" }),
      'tokenStream: separator must occur in the text, got "|" and 8 characters without it',
    );
    refused(
      () => tokenStream(codec, "abcdefgh", { ...windows, separator: "" }),
      "tokenStream: separator must have at least 1 character, got none",
    );
    refused(
      () => tokenStream(codec, "abcdefgh", { length: 1, windows: 1 }),
      "tokenStream: length must be an integer of at least 2, got 1",
    );
    refused(
      () => tokenStream(withCodec(undefined, 1), "abcdefgh", windows),
      `tokenStream: ${stories.source.name} must have a tokenizer, got none`,
    );
    refused(
      () => tokenStream(withCodec(characters([]), undefined), "abc|def", { ...windows, separator: "|" }),
      `tokenStream: ${stories.source.name} must have a bos_token_id to begin documents with, got none`,
    );
  });
});
