/** What a run starts from: text, ids or messages, alone or behind what a cache holds. */
import { selfExtend } from "@ropewalk/context-extension";
import { inMemory } from "@ropewalk/models";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { createCache, loadModel, prefill, releaseCache, type LanguageModel, type Prompt } from "../../src/index.ts";
import { backends } from "../backends.ts";
import { stories260K } from "@ropewalk/tiny-models";

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, stories260K.url)));
const template = new TextEncoder().encode(
  "{% for m in messages %}{{ bos_token }}{{ m.content }}{% endfor %}{{ absent_token }}",
);
const weights = Object.fromEntries(["config.json", "model.safetensors"].map((name) => [name, read(name)]));
const tokenizer = Object.fromEntries(["tokenizer.json", "tokenizer_config.json"].map((name) => [name, read(name)]));

const [backend] = backends;
const load = (files: Readonly<Record<string, Uint8Array>>): Promise<LanguageModel> =>
  loadModel(inMemory("stories", files), { backend: backend! });
const model = await load({ ...weights, ...tokenizer, "chat_template.jinja": template });
const bare = await load(weights);
afterAll(async () => {
  await model.release();
  await bare.release();
});

const take = async <Piece>(pieces: AsyncIterable<Piece>): Promise<readonly Piece[]> => {
  const all: Piece[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
};

describe("a prompt", () => {
  it.each([
    [undefined, "nothing"],
    [null, "null"],
    [7, "7"],
    [{ role: "user", content: "hi" }, "an object; messages stand in a list"],
    [new Int32Array([1, 2]), "an Int32Array"],
  ])("is text, ids or messages, not %j", (prompt, got) => {
    const error = new TypeError(`generate: prompt must be text, token ids or messages, got ${got}`);
    expect(() => model.generate(prompt as never)).toThrow(error);
    expect(() => model.generateTokens(prompt as never)).toThrow(error);
  });

  it("has at least one token, and tokens of the vocabulary", async () => {
    await expect(take(model.generate([]))).rejects.toThrow(
      new RangeError("generate: ids must hold at least 1 token, got 0"),
    );
    await expect(take(model.generate(["a\u001b[2J"] as never))).rejects.toThrow(
      new RangeError('generate: ids must be integers from 0 to 511, the vocabulary, got "a\\u001b[2J" at index 0'),
    );
    expect(await take(model.generateTokens("", { maxNewTokens: 1 }))).toHaveLength(1);
    await expect(model.logits("Once" as never)).rejects.toThrow(
      new TypeError('logits: ids must be a list of token ids, got "Once"'),
    );
  });

  it("of no token is said to be so where the tokenizer adds none", async () => {
    const config = new TextEncoder().encode(
      JSON.stringify({ tokenizer_class: "LlamaTokenizer", add_bos_token: false }),
    );
    const plain = await load({ ...weights, ...tokenizer, "tokenizer_config.json": config });
    expect(() => plain.generate("")).toThrow(new RangeError('generate: prompt must be at least 1 token, got ""'));
    await plain.release();
  });

  it("asks for a tokenizer only for what one is needed for", async () => {
    expect(() => bare.generate([1])).toThrow(
      new TypeError(
        "generate: stories must have a tokenizer.json to write text, got none; generateTokens gives token ids",
      ),
    );
    expect(() => bare.generateTokens("Once")).toThrow(
      new TypeError("generate: stories must have a tokenizer.json to read text, got none; give token ids"),
    );
    expect(await take(bare.generateTokens([1], { maxNewTokens: 2 }))).toHaveLength(2);
  });

  it("as long as the capacity runs with one new token, as its logits do", async () => {
    const { capacity } = model.extended;
    const ids = Array.from({ length: capacity }, (_, index) => 3 + ((index * 7) % 500));
    const [token] = await take(model.generateTokens(ids, { maxNewTokens: 1, stopTokens: [] }));
    expect(await take(model.generateTokens(ids, { stopTokens: [] }))).toEqual([token]);
    const last = (await model.logits(ids)).subarray(-model.extended.decoder.vocabSize);
    expect(token).toBe(last.indexOf(Math.max(...last)));
    await expect(take(model.generateTokens(ids, { maxNewTokens: 2 }))).rejects.toThrow("at most 512 tokens");
    await expect(take(model.generateTokens([...ids, 1], { maxNewTokens: 1 }))).rejects.toThrow("at most 512 tokens");
  });
});

describe("a second turn on a kept cache", () => {
  const bos = model.source.bosToken!;
  /** The ids that a cache holds after prompts, one behind the other. */
  const held = async (...prompts: readonly Prompt[]): Promise<readonly number[]> => {
    let cache = createCache(backend!, model.extended, { length: 100 });
    for (const prompt of prompts) ({ cache } = await model.prefill(cache, prompt));
    releaseCache(cache);
    return cache.ids;
  };

  it("has no second bos", async () => {
    const once = model.text!.encode("Once upon");
    const then = model.text!.encode("Then Lily", { specialTokens: false });
    expect(once[0]).toBe(bos);
    expect(model.text!.encode("Then Lily")).toEqual([bos, ...then]);
    expect(await held("Once upon", "Then Lily")).toEqual([...once, ...then]);
    const said = (content: string) => [{ role: "user", content }];
    expect(await held(said("Once upon"), said("Then Lily"))).toEqual([...once, ...then]);
    // Ids are whose who gave them.
    expect(await held("Once upon", [bos, ...then])).toEqual([...once, bos, ...then]);
  });

  it("gives the logits of all that was said", async () => {
    const first = createCache(backend!, model.extended, { length: 100 });
    const begun = await model.prefill(first, "Once upon");
    const turn = await model.prefill(begun.cache, " a time");
    const whole = await prefill(model.session, createCache(backend!, model.extended, { length: 100 }), turn.cache.ids);
    for (const [at, logit] of turn.logits.entries()) expect(Math.abs(logit - whole.logits[at]!)).toBeLessThan(1e-3);
    releaseCache(whole.cache);
    releaseCache(turn.cache);
  });

  it("is refused on the cache of another extension", async () => {
    const other = await model.withExtension(selfExtend({ groupSize: 4, window: 32 }));
    const cache = createCache(backend!, model.extended, { length: 10 });
    await expect(other.prefill(cache, "a")).rejects.toThrow(
      "prefill: cache must be made with the extended of this model, got",
    );
    releaseCache(cache);
  });

  it("is refused as prompts are", async () => {
    const cache = createCache(backend!, model.extended, { length: 10 });
    await expect(model.prefill(cache, undefined as never)).rejects.toThrow(
      new TypeError("prefill: prompt must be text, token ids or messages, got nothing"),
    );
    await expect(model.prefill(cache, [512])).rejects.toThrow("prefill: ids must be integers from 0 to 511");
    await expect(model.prefill(undefined as never, "a")).rejects.toThrow("prefill: cache must be the value");
    expect(() => model.text!.encode("a", { add_special_tokens: false } as never)).toThrow(
      'encode: options must have no keys but specialTokens, got "add_special_tokens"',
    );
    releaseCache(cache);
  });
});
