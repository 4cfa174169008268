/** How tokens are chosen, and what is told of them: the wire's fields held to the model's own options. */
import type { GeneratedToken, GenerateOptions, LanguageModel } from "@ropewalk/generation";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHandler, type Handler } from "../src/index.ts";
import { asked, chunksOf, post, wrong } from "./asking.ts";
import { loadStories, said } from "./stories.ts";

let model: LanguageModel;
let handler: Handler;
beforeAll(async () => {
  model = await loadStories();
  handler = createHandler({ models: { stories: model } });
});
afterAll(async () => {
  await handler.close();
  await model.release();
});

const prompt = "Once upon a time";
const plain = { model: "stories", temperature: 0, max_tokens: 12, prompt };
const drawn = { kind: "sample", temperature: 1, seed: 4 } as const;
const textOf = async (body: object): Promise<string> =>
  (await asked(handler, "/v1/completions", { ...plain, ...body })).choices[0]!.text;

describe("fields of sampling", () => {
  const lily = (): number => model.text!.encode("Once there was", { specialTokens: false }).at(-1)!;

  it.each<readonly [string, () => object, () => Partial<GenerateOptions>]>([
    [
      "frequency_penalty",
      () => ({ frequency_penalty: 2 }),
      () => ({ sampling: { kind: "greedy", frequencyPenalty: 2 } }),
    ],
    ["presence_penalty", () => ({ presence_penalty: 2 }), () => ({ sampling: { kind: "greedy", presencePenalty: 2 } })],
    [
      "repetition_penalty",
      () => ({ repetition_penalty: 1.5 }),
      () => ({ sampling: { kind: "greedy", repetitionPenalty: 1.5 } }),
    ],
    [
      "logit_bias",
      () => ({ logit_bias: { [lily()]: -100 } }),
      () => ({ sampling: { kind: "greedy", logitBias: { [lily()]: -100 } } }),
    ],
    ["min_p", () => ({ temperature: 1, seed: 4, min_p: 0.3 }), () => ({ sampling: { ...drawn, minP: 0.3 } })],
    ["top_k -1", () => ({ temperature: 1, seed: 4, top_k: -1 }), () => ({ sampling: drawn })],
    ["top_p 0", () => ({ temperature: 1, seed: 4, top_p: 0 }), () => ({})],
  ])("%s", async (_, body, options) => {
    expect(await textOf(body())).toBe(await said(model, prompt, { maxNewTokens: 12, ...options() }));
  });

  it("stop at the first of several texts, which may lie across tokens", async () => {
    const whole = await textOf({ max_tokens: 20 });
    const { choices, usage } = await asked(handler, "/v1/completions", {
      ...plain,
      max_tokens: 20,
      stop: ["Lily", "le gi"],
    });
    expect(choices[0]).toMatchObject({ text: whole.slice(0, whole.indexOf("le gi")), finish_reason: "stop" });
    expect(usage.completion_tokens).toBeLessThan(20);
  });

  it.each([
    [
      { logit_bias: { "512": 1 } },
      "logit_bias",
      "logit_bias must be of ids below 512, the model's vocabulary, got 512.",
    ],
    [{ logit_bias: { a: 1 } }, "logit_bias.a", 'logit_bias.a must be a token id, got "a".'],
    [{ stop: "" }, "stop", 'stop must be not empty, got "".'],
    [{ stop: [1] }, "stop[0]", "stop[0] must be string, got 1."],
    [{ frequency_penalty: 3 }, "frequency_penalty", "frequency_penalty must be at most 2, got 3."],
    [{ logprobs: 21 }, "logprobs", "logprobs must be at most 20, got 21."],
  ])("%j is refused", async (body, param, message) => {
    const got = await wrong(handler, post("/v1/completions", { ...plain, ...body }));
    expect(got).toMatchObject({ status: 400, param, message });
  });
});

describe("log-probabilities", () => {
  type Entry = { readonly token: string; readonly logprob: number; readonly bytes: readonly number[] };
  type Content = readonly (Entry & { readonly top_logprobs: readonly Entry[] })[];
  type Told = { readonly logprobs: { readonly content: Content } | null };
  const messages = [{ role: "user", content: "Who is Lily?" }];
  const chat = { model: "stories", temperature: 0, max_tokens: 6, messages, logprobs: true, top_logprobs: 2 };

  it("of a chat are the model's own, whole and in chunks", async () => {
    const own: GeneratedToken[] = [];
    const text = await said(model, messages, { maxNewTokens: 6, logprobs: 2, onToken: (token) => own.push(token) });
    const { choices } = await asked(handler, "/v1/chat/completions", chat);
    const { content } = (choices[0] as unknown as Told).logprobs!;
    expect(
      content
        .map(({ token }) => token)
        .join("")
        .trimStart(),
    ).toBe(text.trimStart());
    const numbers = content.map(({ logprob, top_logprobs: top }) => [logprob, ...top.map((each) => each.logprob)]);
    const expected = own.map(({ logprob, top }) => [logprob!, ...top!.map((each) => each.logprob)]);
    for (const [index, row] of numbers.entries())
      for (const [at, number] of row.entries()) expect(number).toBeCloseTo(expected[index]![at]!, 4);
    expect(content[0]!.bytes).toEqual([...new TextEncoder().encode(content[0]!.token)]);
    const response = await handler.fetch(post("/v1/chat/completions", { ...chat, stream: true }));
    const streamed = (await chunksOf(response)).flatMap(
      (chunk) => (chunk.choices[0] as unknown as Told).logprobs?.content ?? [],
    );
    expect(streamed.map(({ token }) => token)).toEqual(content.map(({ token }) => token));
  });

  it("of a completion say where each token stands", async () => {
    const body = { ...plain, max_tokens: 6, logprobs: 1 };
    const offsets = async (response: Response): Promise<readonly number[]> =>
      (await chunksOf(response)).flatMap(
        ({ choices: [choice] }) =>
          (choice as unknown as { readonly logprobs: { readonly text_offset: readonly number[] } | null }).logprobs
            ?.text_offset ?? [],
      );
    const { choices } = await asked(handler, "/v1/completions", body);
    const { tokens, text_offset: whole } = (
      choices[0] as unknown as {
        readonly logprobs: { readonly tokens: readonly string[]; readonly text_offset: readonly number[] };
      }
    ).logprobs;
    expect(whole).toEqual(tokens.map((_, index) => tokens.slice(0, index).join("").length));
    expect(await offsets(await handler.fetch(post("/v1/completions", { ...body, stream: true })))).toEqual(whole);
  });

  it.each([{}, { stop: ["no such text"] }])("are of tokens without text too, with %j", async (more) => {
    // The first token of an answer is a space, which is cut off there.
    const body = { ...chat, ...more, messages: [{ role: "user", content: "Once upon a time" }], max_tokens: 1 };
    const { choices, usage } = await asked(handler, "/v1/chat/completions", body);
    expect([choices[0]!.message.content, usage.completion_tokens]).toEqual(["", 1]);
    expect((choices[0] as unknown as Told).logprobs!.content).toHaveLength(1);
    const chunks = await chunksOf(await handler.fetch(post("/v1/chat/completions", { ...body, stream: true })));
    expect(chunks.flatMap(({ choices: [choice] }) => (choice as unknown as Told).logprobs?.content ?? [])).toHaveLength(
      1,
    );
  });

  it("are not asked for by halves", async () => {
    const body = { ...chat, logprobs: false };
    expect(await wrong(handler, post("/v1/chat/completions", body))).toMatchObject({
      status: 400,
      param: "top_logprobs",
    });
  });
});
