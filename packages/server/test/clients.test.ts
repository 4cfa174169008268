/** The clients that people have: chats, streams, aborts, errors and usage, over a real connection. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { UsageMetadata } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import type { LanguageModel } from "@ropewalk/generation";
import { APICallError, generateText, streamText } from "ai";
import OpenAI from "openai";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHandler, type Handler } from "../src/index.ts";
import { listen, type Listening } from "../src/node/index.ts";
import { loadStories, said } from "./stories.ts";

const apiKey = "secret";
const story = "Once upon a time there was a little girl named Lily. She loved to play outside. ".repeat(4);
const about = (question: string) => [
  { role: "system" as const, content: story },
  { role: "user" as const, content: question },
];

let model: LanguageModel;
let handler: Handler;
let listening: Listening;
let baseURL: string;
let expected: string;

beforeAll(async () => {
  model = await loadStories();
  handler = createHandler({ models: { stories: model }, apiKey });
  listening = await listen({ fetch: handler.fetch, port: 0 });
  baseURL = `${listening.url}/v1`;
  expected = await said(model, about("Who is Lily?"), { maxNewTokens: 10 });
});
afterAll(async () => {
  await handler.close();
  await listening.close();
  await model.release();
});

/** Until whoever left has been noticed. */
const idle = async (): Promise<void> => {
  const begun = performance.now();
  for (;;) {
    const { models } = (await (await fetch(`${listening.url}/health`)).json()) as {
      readonly models: { readonly stories: { readonly running: number; readonly waiting: number } };
    };
    if (models.stories.running + models.stories.waiting === 0) return;
    if (performance.now() - begun > 20_000) throw new Error("still at work");
    await sleep(5);
  }
};

describe("openai", () => {
  const client = (key = apiKey): OpenAI => new OpenAI({ baseURL, apiKey: key, maxRetries: 0 });
  const ask = { model: "stories", temperature: 0, max_tokens: 10 } as const;

  it("chats, with usage, and finds the document read the second time", async () => {
    const first = await client().chat.completions.create({ ...ask, messages: about("Who is Lily?") });
    expect(first.choices[0]!.message.content).toBe(expected);
    expect(first.choices[0]!.finish_reason).toBe("length");
    expect(first.usage).toMatchObject({ completion_tokens: 10, prompt_tokens_details: { cached_tokens: 0 } });
    const second = await client().chat.completions.create({ ...ask, messages: about("Where is she?") });
    expect(second.usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThan(50);
    expect(second.choices[0]!.message.content).toBe(await said(model, about("Where is she?"), { maxNewTokens: 10 }));
  });

  it("streams, with usage", async () => {
    const stream = await client().chat.completions.create({
      ...ask,
      messages: about("Who is Lily?"),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage;
    }
    expect(text).toBe(expected);
    expect(usage).toMatchObject({ completion_tokens: 10 });
    const runner = client().chat.completions.stream({ ...ask, messages: about("Who is Lily?") });
    expect((await runner.finalMessage()).content).toBe(expected);
  });

  it("completes, and lists models", async () => {
    const { choices } = await client().completions.create({
      ...ask,
      prompt: "Once upon a time",
      logprobs: 2,
      stop: "girl",
    });
    expect(choices[0]!.text).toBe(", there was a little ");
    expect(choices[0]!.finish_reason).toBe("stop");
    // The last token goes beyond the stop string's beginning.
    expect(choices[0]!.logprobs!.tokens).toEqual([",", " there", " was", " a", " little", " g"]);
    expect(choices[0]!.logprobs!.top_logprobs!.map((top) => Object.keys(top).length)).toEqual([2, 2, 2, 2, 2, 2]);
    const names: string[] = [];
    for await (const { id } of client().models.list()) names.push(id);
    expect(names).toEqual(["stories"]);
  });

  it("leaves in the midst of a stream, and its place is free", async () => {
    const stream = await client().chat.completions.create({
      ...ask,
      max_tokens: 1000,
      messages: about("Go on."),
      stream: true,
    });
    let chunks = 0;
    for await (const _ of stream) if ((chunks += 1) === 4) stream.controller.abort();
    await idle();
    const stop = new AbortController();
    const whole = client().chat.completions.create(
      { ...ask, max_tokens: 1000, messages: about("Go on.") },
      { signal: stop.signal },
    );
    await sleep(30);
    stop.abort();
    await expect(whole).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    await idle();
  });

  it("knows the errors by their classes and codes", async () => {
    const failing = (body: object, key?: string): Promise<unknown> =>
      client(key)
        .chat.completions.create({ ...ask, messages: about("Who?"), ...body })
        .catch((error: unknown) => error);
    expect(await failing({}, "wrong")).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(await failing({ model: "other" })).toMatchObject({ status: 404, code: "model_not_found", param: "model" });
    expect(await failing({ max_tokens: 5000 })).toMatchObject({ status: 400, code: "context_length_exceeded" });
    expect(await failing({ tools: [{ type: "function" }] })).toMatchObject({ status: 400, param: "tools" });
    expect(await failing({ messages: [{ role: "wizard", content: "a" }] })).toBeInstanceOf(OpenAI.BadRequestError);
  });
});

describe("@ai-sdk/openai-compatible", () => {
  const provider = (key = apiKey) =>
    createOpenAICompatible({ name: "ropewalk", baseURL, apiKey: key, includeUsage: true });
  const ask = (question = "Who is Lily?") => ({
    model: provider().chatModel("stories"),
    temperature: 0,
    maxOutputTokens: 10,
    maxRetries: 0,
    instructions: story,
    prompt: question,
  });

  it("generates, with usage", async () => {
    const { text, usage, finishReason } = await generateText(ask());
    expect({ text, finishReason }).toEqual({ text: expected, finishReason: "length" });
    expect(usage.outputTokens).toBe(10);
    expect(usage.inputTokenDetails.cacheReadTokens).toBeGreaterThan(50);
  });

  it("streams, with usage", async () => {
    const result = streamText(ask());
    let text = "";
    for await (const piece of result.textStream) text += piece;
    expect(text).toBe(expected);
    expect((await result.usage).outputTokens).toBe(10);
  });

  it("leaves in the midst of a stream, and its place is free", async () => {
    const stop = new AbortController();
    const result = streamText({ ...ask("Go on."), maxOutputTokens: 1000, abortSignal: stop.signal, onError: () => {} });
    let pieces = 0;
    for await (const _ of result.textStream) if ((pieces += 1) === 3) stop.abort();
    expect(pieces).toBeLessThan(1000);
    await idle();
  });

  it("says what is wrong", async () => {
    const error = await generateText({ ...ask(), maxOutputTokens: 5000 }).catch((reason: unknown) => reason);
    expect(APICallError.isInstance(error) && error.statusCode).toBe(400);
    expect((error as Error).message).toMatch(/^This model's context is 1664 tokens, got \d+/);
  });
});

describe("@langchain/openai", () => {
  const chat = (more: object = {}): ChatOpenAI =>
    new ChatOpenAI({
      model: "stories",
      apiKey,
      configuration: { baseURL },
      temperature: 0,
      maxTokens: 10,
      maxRetries: 0,
      ...more,
    });

  it("invokes, with usage", async () => {
    const { content, usage_metadata } = await chat().invoke(about("Who is Lily?"));
    const usage = usage_metadata as unknown as UsageMetadata;
    expect(content).toBe(expected);
    expect(usage).toMatchObject({ output_tokens: 10, input_token_details: { cache_read: expect.any(Number) } });
    expect(usage.input_token_details!.cache_read).toBeGreaterThan(50);
  });

  it("streams, with usage", async () => {
    let text = "";
    let outputTokens = 0;
    for await (const { content, usage_metadata } of await chat().stream(about("Who is Lily?"))) {
      text += String(content);
      outputTokens += (usage_metadata as UsageMetadata | undefined)?.output_tokens ?? 0;
    }
    expect({ text, outputTokens }).toEqual({ text: expected, outputTokens: 10 });
  });

  it("leaves in the midst of a stream, and its place is free", async () => {
    const stop = new AbortController();
    const reading = (async () => {
      for await (const _ of await chat({ maxTokens: 1000 }).stream(about("Go on."), { signal: stop.signal }))
        stop.abort();
    })();
    await expect(reading).rejects.toThrow(/abort/i);
    await idle();
  });

  it("says what is wrong", async () => {
    await expect(chat({ model: "other" }).invoke("Who?")).rejects.toThrow('The model "other" does not exist');
    await expect(chat({ apiKey: "wrong" }).invoke("Who?")).rejects.toThrow(
      "The API key must be one that this server knows.",
    );
  });
});
