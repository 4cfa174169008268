/**
 * What goes in and out, by plain fetch, held to the model asked directly.
 * Longer than 400 lines: more than half is one table of refusals, a row for each field of the wire format.
 */
import type { LanguageModel } from "@ropewalk/generation";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withoutEffect } from "../src/body/refused-fields.ts";
import { createHandler, type Handler } from "../src/index.ts";
import { asked, chunksOf, eventsOf, post, wrong } from "./asking.ts";
import { loadStories, said } from "./stories.ts";

let model: LanguageModel;
let handler: Handler;
const errors: unknown[] = [];

beforeAll(async () => {
  model = await loadStories();
  handler = createHandler({
    models: { stories: model },
    maxBodyBytes: 20_000,
    maxNewTokens: 200,
    onError: (error) => errors.push(error),
  });
});
afterAll(async () => {
  await handler.close();
  await model.release();
});

const messages = [
  { role: "system", content: "Tell stories." },
  {
    role: "user",
    content: [
      { type: "text", text: "Who is " },
      { type: "text", text: "Lily?" },
    ],
  },
] as const;
const plain = { model: "stories", temperature: 0, max_tokens: 12 };
const chat = { ...plain, messages };
const completion = { ...plain, prompt: "Once upon a time" };

describe("a chat", () => {
  it("is answered as the model answers, with what it took", async () => {
    const expected = await said(model, messages, { maxNewTokens: 12 });
    const answer = await asked(handler, "/v1/chat/completions", chat);
    expect(answer).toMatchObject({
      object: "chat.completion",
      model: "stories",
      choices: [
        { index: 0, message: { role: "assistant", content: expected }, finish_reason: "length", logprobs: null },
      ],
    });
    const promptTokens = model.text!.encodeChat!(messages).length;
    expect(answer.usage).toMatchObject({
      prompt_tokens: promptTokens,
      completion_tokens: 12,
      total_tokens: promptTokens + 12,
    });
    expect(answer.id).toMatch(/^chatcmpl-/);
  });

  it("streams the same text, its role first, its end and its usage last", async () => {
    const expected = await said(model, messages, { maxNewTokens: 12 });
    const body = { ...chat, stream: true, stream_options: { include_usage: true } };
    const response = await handler.fetch(post("/v1/chat/completions", body));
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const chunks = await chunksOf(response);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks[0]!.choices[0]!.delta).toEqual({ role: "assistant", content: "" });
    const deltas = chunks.slice(1, -2).map(({ choices }) => choices[0]!.delta.content);
    expect(deltas.join("")).toBe(expected);
    expect(deltas.length).toBeGreaterThan(3);
    expect(chunks.at(-2)).toMatchObject({ choices: [{ delta: {}, finish_reason: "length" }], usage: null });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 12 } });
  });

  it("ends where the model does", async () => {
    const stop = model.text!.encode("Lily", { specialTokens: false })[0]!;
    const ending: LanguageModel = {
      ...model,
      generate: (prompt, options) => model.generate(prompt, { ...options, stopTokens: [stop] }),
    };
    const own = createHandler({ models: { stories: ending } });
    const prompt = "Once upon a time, there was a little girl named";
    const answer = await own.fetch(post("/v1/completions", { ...plain, prompt }));
    expect(await answer.json()).toMatchObject({ choices: [{ text: "", finish_reason: "stop" }] });
  });
});

describe("a completion", () => {
  it.each([
    ["text", "Once upon a time"],
    ["ids", () => model.text!.encode("Once upon a time")],
  ] as const)("goes on behind %s", async (_, prompt) => {
    const expected = await said(model, "Once upon a time", { maxNewTokens: 12 });
    const answer = await asked(handler, "/v1/completions", {
      ...plain,
      prompt: typeof prompt === "function" ? prompt() : prompt,
    });
    expect(answer).toMatchObject({
      object: "text_completion",
      choices: [{ index: 0, text: expected, finish_reason: "length" }],
      usage: { completion_tokens: 12 },
    });
  });

  it("answers several prompts n times each, every answer from a seed of its own", async () => {
    const prompts = ["Once upon a time", "Lily went"];
    const draw = { model: "stories", max_tokens: 8, temperature: 0.9, top_p: 0.9, top_k: 40, seed: 5, n: 2 };
    const expected = await Promise.all(
      [0, 1, 2, 3].map((index) =>
        said(model, prompts[index >> 1]!, {
          maxNewTokens: 8,
          sampling: { kind: "sample", temperature: 0.9, topP: 0.9, topK: 40, seed: 5 + index },
        }),
      ),
    );
    const { choices, usage } = await asked(handler, "/v1/completions", { ...draw, prompt: prompts });
    expect(choices.map(({ index, text }) => [index, text])).toEqual(expected.map((text, index) => [index, text]));
    expect(new Set(expected).size).toBe(4);
    expect(usage.completion_tokens).toBe(32);
    const response = await handler.fetch(post("/v1/completions", { ...draw, prompt: prompts, stream: true }));
    const streamed = ["", "", "", ""];
    for (const {
      choices: [choice],
    } of await chunksOf(response))
      streamed[choice!.index] += choice!.text;
    expect(streamed).toEqual(expected);
  });

  it("is 16 tokens long where nothing is said, and drawn anew each time", async () => {
    const body = { model: "stories", prompt: "Once" };
    const texts = new Set<string>();
    // Two short stories begin alike now and then, eight do not.
    for (let draw = 0; draw < 8; draw++) {
      const { usage, choices } = await asked(handler, "/v1/completions", body);
      expect(usage.completion_tokens).toBe(16);
      texts.add(choices[0]!.text);
    }
    expect(texts.size).toBeGreaterThan(1);
  });

  it("takes the fields without effect that its README names, and no others", async () => {
    const readme = readFileSync("packages/server/README.md", "utf8");
    const named = /Fields that do not change the answer are accepted: (.+)\. `null`/.exec(readme)![1]!;
    expect(named).toBe(withoutEffect.map((name) => `\`${name}\``).join(", "));
    const given = Object.fromEntries(withoutEffect.map((name) => [name, { any: "thing" }]));
    expect((await asked(handler, "/v1/completions", { ...completion, ...given })).choices[0]!.text).not.toBe("");
  });

  it("takes what asks for nothing, and null for absent", async () => {
    const answer = await asked(handler, "/v1/completions", {
      ...completion,
      user: "me",
      metadata: {},
      store: true,
      n: null,
      stream: null,
      seed: null,
      best_of: 1,
      echo: false,
      suffix: "",
      response_format: { type: "text" },
      tools: [],
    });
    expect(answer.usage.completion_tokens).toBe(12);
  });
});

describe("what is not a completion", () => {
  it("says which models there are, and that it lives", async () => {
    const { fetch } = handler;
    const get = async (path: string): Promise<unknown> => (await fetch(new Request(`http://localhost${path}`))).json();
    expect(await get("/v1/models")).toMatchObject({ object: "list", data: [{ id: "stories", object: "model" }] });
    expect(await get("/v1/models/stories")).toMatchObject({ id: "stories", context_length: model.extended.capacity });
    expect(await get("/health")).toEqual({ status: "ok", models: { stories: { running: 0, waiting: 0 } } });
  });

  it("counts what it did", async () => {
    const metrics = await (await handler.fetch(new Request("http://localhost/metrics"))).text();
    expect(metrics).toMatch(/ropewalk_requests_total\{route="\/v1\/completions",status="200"\} \d+/);
    expect(metrics).toMatch(/ropewalk_generated_tokens_total\{model="stories"\} \d{3}/);
    expect(metrics).toContain('ropewalk_running{model="stories"} 0');
    expect(metrics).toMatch(/ropewalk_first_piece_seconds_count\{model="stories"\} \d+/);
  });
});

describe("what is wrong is said in the wire's own form", () => {
  const chats = "/v1/chat/completions";
  const texts = "/v1/completions";
  const cases: readonly (readonly [string, () => Request, object])[] = [
    [
      "no JSON",
      () => post(texts, "{"),
      { status: 400, code: "invalid_json", message: "The body must be JSON in UTF-8." },
    ],
    ...["__proto__", "constructor", "prototype"].map(
      (key) =>
        [
          `a key that every object has: ${key}`,
          () => post(texts, `{"model": "stories", "prompt": "a", "logit_bias": {"${key}": 1}}`),
          { status: 400, code: "unknown_parameter", param: key, message: `${key} is not a known parameter.` },
        ] as const,
    ),
    ["a list", () => post(texts, []), { status: 400, message: "The body must be an object, got []." }],
    [
      "another type",
      () => post(texts, "a", { headers: { "content-type": "text/plain" } }),
      { status: 415, message: "The content-type must be application/json, got text/plain." },
    ],
    [
      "too large a body",
      () => post(texts, { ...completion, prompt: "a".repeat(20_000) }),
      { status: 413, code: "request_too_large", message: "The body must be at most 20000 bytes." },
    ],
    [
      "another model",
      () => post(texts, { ...completion, model: "storys" }),
      {
        status: 404,
        code: "model_not_found",
        param: "model",
        message: 'The model "storys" does not exist; stories is meant.',
      },
    ],
    ["no model", () => post(texts, { prompt: "a" }), { status: 400, param: "model", message: "model must be given." }],
    [
      "a role the template refuses",
      () => post(chats, { ...chat, messages: [{ role: "wizard", content: "a" }] }),
      { status: 400, param: "messages", message: expect.stringContaining("no such role: wizard") },
    ],
    [
      "an order the template refuses",
      () => post(chats, { ...chat, messages: [messages[1], messages[0]] }),
      { status: 400, param: "messages", message: expect.stringContaining("system comes first") },
    ],
    [
      "an image",
      () =>
        post(chats, {
          ...chat,
          messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "a" } }] }],
        }),
      {
        status: 400,
        param: "messages[0].content[0].type",
        message: 'messages[0].content[0].type must be "text", got "image_url".',
      },
    ],
    [
      "a field of a part that nobody knows",
      () => post(chats, { ...chat, messages: [{ role: "user", content: [{ type: "text", text: "a", bold: true }] }] }),
      {
        status: 400,
        param: "messages[0].content[0].bold",
        message: "messages[0].content[0].bold is not supported.",
      },
    ],
    [
      "two limits that differ",
      () => post(chats, { ...chat, max_tokens: 5, max_completion_tokens: 2 }),
      { status: 400, param: "max_tokens" },
    ],
    [
      "a call of tools",
      () => post(chats, { ...chat, messages: [{ role: "assistant", content: "a", tool_calls: [{}] }] }),
      { status: 400, param: "messages[0].tool_calls", message: "messages[0].tool_calls is not supported." },
    ],
    [
      "a message that says nothing",
      () => post(chats, { ...chat, messages: [{ role: "user", content: null }] }),
      { status: 400, param: "messages[0].content" },
    ],
    ["no messages", () => post(chats, { ...chat, messages: [] }), { status: 400, param: "messages" }],
    [
      "tools",
      () => post(chats, { ...chat, tools: [{ type: "function" }] }),
      {
        status: 400,
        code: "unsupported_parameter",
        param: "tools",
        message: expect.stringMatching(/^tools is not supported: /),
      },
    ],
    [
      "JSON",
      () => post(chats, { ...chat, response_format: { type: "json_object" } }),
      { status: 400, code: "unsupported_parameter", param: "response_format" },
    ],
    [
      "a voice",
      () => post(chats, { ...chat, audio: {} }),
      { status: 400, code: "unsupported_parameter", param: "audio" },
    ],
    [
      "a field nobody knows",
      () => post(chats, { ...chat, max_token: 3 }),
      {
        status: 400,
        code: "unknown_parameter",
        param: "max_token",
        message: "max_token is not a known parameter; max_tokens is meant.",
      },
    ],
    [
      "a number out of range",
      () => post(chats, { ...chat, temperature: 3 }),
      { status: 400, param: "temperature", message: "temperature must be at most 2, got 3." },
    ],
    ["text for a number", () => post(chats, { ...chat, n: "2" }), { status: 400, param: "n" }],
    [
      "options of a stream that is none",
      () => post(chats, { ...chat, stream_options: {} }),
      { status: 400, param: "stream_options" },
    ],
    [
      "what does not fit",
      () => post(texts, { ...completion, prompt: Array.from({ length: 1600 }, () => 5), max_tokens: 100 }),
      {
        status: 400,
        code: "context_length_exceeded",
        param: "prompt",
        message: "This model's context is 1664 tokens, got 1700: 1600 in the prompt, 100 in the answer.",
      },
    ],
    [
      "a text whose beginning alone does not fit",
      () => post(texts, { ...completion, prompt: "ab c ".repeat(3000) }),
      {
        status: 400,
        code: "context_length_exceeded",
        param: "prompt",
        message: expect.stringMatching(
          /^This model's context is 1664 tokens, got \d{4} in the first 13312 characters of the prompt alone\.$/,
        ),
      },
    ],
    [
      "messages whose beginning alone does not fit",
      () => post(chats, { ...chat, messages: [{ role: "user", content: "ab c ".repeat(3000) }] }),
      { status: 400, code: "context_length_exceeded", param: "messages" },
    ],
    [
      "more than may be answered",
      () => post(chats, { ...chat, max_tokens: 201 }),
      { status: 400, param: "max_tokens" },
    ],
    ["ids that there are not", () => post(texts, { ...completion, prompt: [512] }), { status: 400, param: "prompt" }],
    ["ids among texts", () => post(texts, { ...completion, prompt: ["a", 3] }), { status: 400, param: "prompt[1]" }],
    [
      "numbers that are no ids",
      () => post(texts, { ...completion, prompt: [3, -1] }),
      { status: 400, param: "prompt", message: "prompt must be token ids, at least one, got [3, -1]." },
    ],
    [
      "an empty list among lists of ids",
      () => post(texts, { ...completion, prompt: [[3], []] }),
      { status: 400, param: "prompt[1]" },
    ],
    ["no prompt", () => post(texts, { ...completion, prompt: [] }), { status: 400, param: "prompt" }],
    ["another path", () => new Request("http://localhost/v2"), { status: 404, code: "unknown_url" }],
    [
      "another method",
      () => new Request(`http://localhost${chats}`),
      { status: 405, message: "The method must be POST at /v1/chat/completions, got GET." },
    ],
  ];

  it.each(cases)("%s", async (_, request, expected) => {
    const got = await wrong(handler, request());
    expect(got).toMatchObject({ type: "invalid_request_error", ...expected });
    expect(errors).toEqual([]);
  });

  it("a body without a length is cut off where it is too large", async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        sent += 1;
        controller.enqueue(new Uint8Array(5000).fill(32));
      },
    });
    const init = {
      method: "POST",
      body,
      duplex: "half",
      headers: { "content-type": "application/json" },
    } as RequestInit;
    const got = await wrong(handler, new Request(`http://localhost${texts}`, init));
    expect(got).toMatchObject({ status: 413 });
    expect(sent).toBeLessThan(8);
  });

  it("what fails here is told to the server's own log, and to a client only that it failed", async () => {
    const told: unknown[] = [];
    const failing: LanguageModel = {
      ...model,
      generate: async function* () {
        yield "a";
        throw new Error("/srv/secret/weights.bin is gone");
      },
    };
    const own = createHandler({ models: { stories: failing }, onError: (error) => told.push(error) });
    const got = await wrong(own, post(texts, completion));
    expect(got).toMatchObject({ status: 500, type: "server_error", code: "internal_error" });
    expect(got.message).not.toContain("secret");
    const streamed = await own.fetch(post(texts, { ...completion, stream: true }));
    const events = await eventsOf(streamed);
    expect(JSON.parse(events.at(-1)!)).toMatchObject({ error: { code: "internal_error" } });
    expect(told.map(String)).toEqual(Array.from({ length: 2 }, () => "Error: /srv/secret/weights.bin is gone"));
    const health = await (await own.fetch(new Request("http://localhost/health"))).json();
    expect(health).toMatchObject({ models: { stories: { running: 0, waiting: 0 } } });
  });
});

describe("a key", () => {
  const bearer = (key: string): RequestInit => ({ headers: { authorization: `Bearer ${key}` } });

  it("is asked for where there is one", async () => {
    const own = createHandler({ models: { stories: model }, apiKey: ["one", "two"] });
    const status = async (init: RequestInit): Promise<number> =>
      (await own.fetch(post("/v1/completions", completion, init))).status;
    expect(await status(bearer("one"))).toBe(200);
    expect(await status(bearer("two"))).toBe(200);
    for (const init of [bearer("three"), bearer(""), bearer("on"), { headers: { authorization: "one" } }, {}])
      expect(await status(init)).toBe(401);
    expect(await wrong(own, post("/v1/completions", completion))).toMatchObject({
      type: "invalid_request_error",
      code: "invalid_api_key",
    });
    expect((await own.fetch(new Request("http://localhost/health"))).status).toBe(200);
    expect((await own.fetch(new Request("http://localhost/metrics"))).status).toBe(401);
  });
});

describe("createHandler", () => {
  it.each([
    [{ models: {} }, "createHandler: models must have one at least, got 0"],
    [{ models: { a: [] } }, 'createHandler: models["a"] must be one model at least, got 0'],
    [{ models: { a: 7 } }, 'createHandler: models["a"] must be a model that loadModel gave, got 7'],
    [{ apiKey: "" }, 'createHandler: apiKey must be text that is not empty, or a list of such, got "string"'],
    [{ maxBodyBytes: 0 }, "createHandler: maxBodyBytes must be a positive integer, got 0"],
    [{ key: "a" }, /createHandler: config must have no keys but .*got "key"; apiKey is meant\?$/],
  ])("%o", (config, message) => {
    expect(() => createHandler({ models: { stories: model }, ...config } as never)).toThrow(message);
  });
});
