import { selfExtend } from "@ropewalk/context-extension";
import { openFolder } from "@ropewalk/models/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  loadModel,
  openModel,
  textStream,
  type GenerateOptions,
  type GenerationStats,
  type LanguageModel,
  type TextCodec,
} from "../../src/index.ts";
import { backends, load } from "../backends.ts";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";

let stories: LanguageModel;
let passkey: LanguageModel;
beforeAll(async () => {
  stories = await load(backends[0]!, stories260K);
  passkey = await load(backends[0]!, passkey875k);
});
afterAll(() => Promise.all([stories.release(), passkey.release()]));

const take = async (
  model: LanguageModel,
  prompt: string | readonly number[],
  options?: GenerateOptions,
): Promise<number[]> => {
  const tokens: number[] = [];
  for await (const token of model.generateTokens(prompt, options)) tokens.push(token);
  return tokens;
};

describe("generate", () => {
  it("streams pieces that join to the decoded text", async () => {
    const pieces: string[] = [];
    for await (const piece of stories.generate("Once upon a time", { maxNewTokens: 40 })) pieces.push(piece);
    const tokens = await take(stories, "Once upon a time", { maxNewTokens: 40 });
    expect(pieces.length).toBeGreaterThan(10);
    expect(pieces.join("")).toBe(stories.text!.decode(tokens));
  });

  it("is the same whatever the chunk size", async () => {
    const ids = stories.text!.encode("Lily and her dog went to the park. They saw a big red ball and");
    const whole = await take(stories, ids, { maxNewTokens: 30 });
    for (const chunkSize of [1, 5, 16])
      expect(await take(stories, ids, { maxNewTokens: 30, chunkSize })).toEqual(whole);
  });

  it("ends before a stop token, and does not give it out", async () => {
    const tokens = await take(stories, [1], { maxNewTokens: 30 });
    const stop = tokens[7]!;
    let finish: string | undefined;
    const onDone = (done: GenerationStats): string => (finish = done.finish);
    expect(await take(stories, [1], { maxNewTokens: 30, stopTokens: [stop], onDone })).toEqual(
      tokens.slice(0, tokens.indexOf(stop)),
    );
    expect(finish).toBe("stop");
  });

  it("reports what a run took", async () => {
    let stats: GenerationStats | undefined;
    await take(stories, [1, 403, 407], { maxNewTokens: 5, onDone: (done) => (stats = done) });
    expect(stats).toMatchObject({ promptTokens: 3, newTokens: 5, finish: "length" });
    expect(stats!.cacheBytes).toBeGreaterThan(0);
  });

  it("tells how far the prompt is", async () => {
    const seen: (readonly [number, number])[] = [];
    await take(stories, [1, 403, 407, 261, 378], {
      maxNewTokens: 1,
      chunkSize: 2,
      onPrefill: (done, total) => seen.push([done, total]),
    });
    expect(seen).toEqual([
      [2, 5],
      [4, 5],
      [5, 5],
    ]);
  });
});

describe("openModel", () => {
  it("reads everything but the weights, enough to choose an extension for a text", async () => {
    const opened = await openModel(await openFolder(stories260K.url), { trainedContext: 256 });
    expect(opened.source.decoder).toMatchObject({ family: "llama", numLayers: 5, trainedContext: 256 });
    const ids = opened.text!.encode("Once upon a time");
    const model = await loadModel(opened, {
      backend: backends[0]!,
      extension: selfExtend({ groupSize: 2, window: ids.length }),
    });
    expect(model.extended.capacity).toBe(2 * (256 - ids.length + Math.floor(ids.length / 2)));
    expect(await take(model, ids, { maxNewTokens: 3 })).toEqual(await take(stories, ids, { maxNewTokens: 3 }));
    await model.release();
  });

  it("refuses a trained window that is none", async () => {
    await expect(openModel(await openFolder(stories260K.url), { trainedContext: 1.5 })).rejects.toThrow(
      "openModel: trainedContext must be a positive integer, got 1.5",
    );
  });
});

describe("sampling from a model", () => {
  const sampling = { kind: "sample", temperature: 0.9, topK: 40, topP: 0.95 } as const;

  it("gives the same tokens for the same seed, and others for another", async () => {
    const draw = (seed: number): Promise<number[]> =>
      take(stories, [1], { maxNewTokens: 30, sampling: { ...sampling, seed } });
    expect(await draw(7)).toEqual(await draw(7));
    expect(await draw(7)).not.toEqual(await draw(8));
  });

  it("is greedy with topK 1", async () => {
    const one = await take(stories, [1], { maxNewTokens: 20, sampling: { ...sampling, topK: 1, seed: 3 } });
    expect(one).toEqual(await take(stories, [1], { maxNewTokens: 20 }));
  });
});

describe("what is refused", () => {
  it("ids outside the vocabulary", async () => {
    for (const bad of [512, -1, 1.5, Number.NaN])
      await expect(take(stories, [1, bad])).rejects.toThrow(
        `generate: ids must be integers from 0 to 511, the vocabulary, got ${bad} at index 1`,
      );
    await expect(stories.logits([512])).rejects.toThrow("logits: ids must be integers from 0 to 511");
    await expect(take(stories, [])).rejects.toThrow("generate: ids must hold at least 1 token, got 0");
  });

  it("a run beyond the capacity, with both numbers and what would fit", async () => {
    const ids = Array.from({ length: 250 }, () => 2);
    await expect(take(passkey, ids, { maxNewTokens: 7 })).rejects.toThrow(
      /generate: .*at most 256 tokens.*got 257.*would fit/s,
    );
    const extended = await passkey.withExtension(selfExtend({ groupSize: 2, window: 64 }));
    expect(extended.extended.capacity).toBe(448);
    await expect(
      take(
        extended,
        Array.from({ length: 500 }, () => 2),
        { maxNewTokens: 1 },
      ),
    ).rejects.toThrow(/at most 448 tokens.*groupSize 2, window 64.*got 501.*groupSize 3 with window 64/s);
    expect(await take(passkey, ids, { maxNewTokens: 7, beyondCapacity: "allow" })).toHaveLength(7);
    expect(await take(passkey, ids)).toHaveLength(6);
  });

  it("numbers that are no numbers of tokens", async () => {
    for (const maxNewTokens of [0, -1, 2.5])
      await expect(take(stories, [1], { maxNewTokens })).rejects.toThrow(
        `maxNewTokens must be a positive integer, got ${maxNewTokens}`,
      );
    for (const chunkSize of [0, 0.5])
      await expect(take(stories, [1], { chunkSize })).rejects.toThrow(
        `chunkSize must be a positive integer, got ${chunkSize}`,
      );
  });

  it("a window larger than the trained one", async () => {
    await expect(passkey.withExtension(selfExtend({ groupSize: 2, window: 257 }))).rejects.toThrow(
      /257.*256|256.*257/s,
    );
  });

  it("a run that was aborted before it began, or in its middle", async () => {
    const reason = new Error("enough");
    await expect(take(stories, [1], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const middle = new AbortController();
    const tokens: number[] = [];
    const run = async (): Promise<void> => {
      for await (const token of stories.generateTokens([1], { maxNewTokens: 50, signal: middle.signal })) {
        tokens.push(token);
        if (tokens.length === 3) middle.abort(reason);
      }
    };
    await expect(run()).rejects.toBe(reason);
    expect(tokens).toHaveLength(3);
    const early = new AbortController();
    const prompt = Array.from({ length: 40 }, () => 5);
    const during = take(stories, prompt, { chunkSize: 4, signal: early.signal, onPrefill: () => early.abort(reason) });
    await expect(during).rejects.toBe(reason);
  });
});

it("a text of no tokens is empty: a run may stop before its first", async () => {
  const [first] = await take(stories, [1], { maxNewTokens: 1 });
  const pieces: string[] = [];
  for await (const piece of stories.generate([1], { stopTokens: [first!] })) pieces.push(piece);
  expect(pieces).toEqual([]);
  expect(stories.text!.decode([])).toBe("");
});

describe("textStream", () => {
  const codec: TextCodec = {
    encode: () => [],
    decode: (ids) => new TextDecoder().decode(Uint8Array.from(ids)),
  };
  const stream = async (bytes: readonly number[]): Promise<readonly string[]> => {
    const pieces: string[] = [];
    const tokens = async function* () {
      yield* bytes;
    };
    for await (const piece of textStream(codec, tokens())) pieces.push(piece);
    return pieces;
  };

  it("never splits a character", async () => {
    expect(await stream([...new TextEncoder().encode("a€b")])).toEqual(["a", "€", "b"]);
  });

  it("keeps the spaces of a tokenizer that drops the first one of a text, after a line's end too", async () => {
    const words = [" once", " upon", "\n", " a", "\n", "\n", " time"];
    const spaced: TextCodec = {
      encode: () => [],
      decode: (ids) =>
        ids
          .map((id) => words[id])
          .join("")
          .replace(/^ /, ""),
    };
    const tokens = async function* () {
      yield* words.keys();
    };
    const pieces: string[] = [];
    for await (const piece of textStream(spaced, tokens())) pieces.push(piece);
    expect(pieces.join("")).toBe("once upon\n a\n\n time");
    expect(pieces).toHaveLength(words.length);
  });

  it("gives what is left at the end, even when it is no character", async () => {
    expect((await stream([0x61, 0xe2])).join("")).toBe("a\uFFFD");
  });
});
