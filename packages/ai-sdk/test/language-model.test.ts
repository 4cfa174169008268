/** The real `ai` package on a model in this thread and on one in a worker. */
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { createProviderRegistry, customProvider, generateText, streamText } from "ai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ropewalk, ropewalkOptions } from "../src/index.ts";
import { loadModels, type Models } from "./models.ts";

let models: Models;
beforeAll(async () => (models = await loadModels()));
afterAll(() => models.release());

const asked: LanguageModelV4CallOptions = {
  prompt: [
    { role: "system", content: "Be brief." },
    {
      role: "user",
      content: [
        { type: "text", text: "Who is " },
        { type: "text", text: "Lily?" },
      ],
    },
  ],
};
const messages = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Who is Lily?" },
];

const gather = async <Value>(values: AsyncIterable<Value>): Promise<readonly Value[]> => {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
};
const joined = async (pieces: AsyncIterable<string>): Promise<string> => (await gather(pieces)).join("");

const partsOf = async (
  model: LanguageModelV4,
  options: LanguageModelV4CallOptions,
): Promise<readonly LanguageModelV4StreamPart[]> => {
  const { stream } = await model.doStream(options);
  return gather(stream as unknown as AsyncIterable<LanguageModelV4StreamPart>);
};

describe.each(["here", "there"] as const)("a model that is %s", (where) => {
  let model: LanguageModelV4;
  beforeAll(() => (model = ropewalk(models[where])));

  it("answers generateText with the text of generate, and counts tokens", async () => {
    const expected = await joined(models.here.generate(messages, { maxNewTokens: 12 }));
    const { text, usage, finishReason, warnings, response, providerMetadata } = await generateText({
      model,
      instructions: "Be brief.",
      prompt: "Who is Lily?",
      maxOutputTokens: 12,
    });
    expect(text).toBe(expected);
    const promptTokens = models.here.text!.encodeChat!(messages).length;
    expect(usage).toMatchObject({ inputTokens: promptTokens, outputTokens: 12, totalTokens: promptTokens + 12 });
    expect(usage.inputTokenDetails).toMatchObject({ noCacheTokens: promptTokens, cacheReadTokens: 0 });
    expect([finishReason, warnings, response.modelId]).toEqual(
      ["length", [], "given"].with(2, models[where].source.name),
    );
    expect(providerMetadata!["ropewalk"]!["cacheBytes"]).toBeGreaterThan(0);
  });

  it("streams the same, piece by piece, in the specification's order", async () => {
    const result = streamText({ model, messages: [{ role: "user", content: "Who?" }], maxOutputTokens: 10 });
    const pieces = await gather(result.textStream);
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(
      await joined(models.here.generate([{ role: "user", content: "Who?" }], { maxNewTokens: 10 })),
    );
    expect([await result.finishReason, (await result.usage).outputTokens]).toEqual(["length", 10]);

    const parts = await partsOf(model, { ...asked, maxOutputTokens: 4, includeRawChunks: true });
    const types = parts.map(({ type }) => type);
    expect(types.slice(0, 5)).toEqual(["stream-start", "response-metadata", "text-start", "raw", "text-delta"]);
    expect(types.slice(-3)).toEqual(["text-delta", "text-end", "finish"]);
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: "length" }, usage: { outputTokens: { total: 4 } } });
  });

  it("ends by a stop token, and says so; an answer of nothing has no text", async () => {
    const ids = await gather(models.here.generateTokens(messages, { maxNewTokens: 8 }));
    const stop = ids[5]!;
    const first = ids.indexOf(stop);
    const stopped = await model.doGenerate({ ...asked, providerOptions: ropewalkOptions({ stopTokens: [stop] }) });
    expect(stopped.finishReason).toEqual({ unified: "stop", raw: "stop" });
    expect(stopped.usage.outputTokens.total).toBe(first);
    const silent = ropewalk(models[where] as Models["here"], { stopTokens: [ids[0]!] });
    expect((await silent.doGenerate(asked)).content).toEqual([]);
    expect((await partsOf(silent, asked)).map(({ type }) => type)).toEqual([
      "stream-start",
      "response-metadata",
      "finish",
    ]);
  });

  it("draws by the SDK's settings; the seed comes back", async () => {
    const settings = { temperature: 0.9, topK: 40, topP: 0.9, seed: 7, maxOutputTokens: 12 };
    const { text, providerMetadata } = await generateText({ model, prompt: "Who?", ...settings });
    const sampling = { kind: "sample", temperature: 0.9, topK: 40, topP: 0.9, seed: 7 } as const;
    const prompt = [{ role: "user", content: "Who?" }];
    expect(text).toBe(await joined(models.here.generate(prompt, { sampling, maxNewTokens: 12 })));
    expect(providerMetadata!["ropewalk"]!["seed"]).toBe(7);

    const drawn = await generateText({ model, prompt: "Who?", temperature: 1, maxOutputTokens: 12 });
    const seed = drawn.providerMetadata!["ropewalk"]!["seed"] as number;
    expect((await generateText({ model, prompt: "Who?", seed, maxOutputTokens: 12 })).text).toBe(drawn.text);

    const greedy = await generateText({ model, prompt: "Who?", temperature: 0, seed, maxOutputTokens: 12 });
    expect(greedy.text).toBe(await joined(models.here.generate(prompt, { maxNewTokens: 12 })));
    expect(greedy.providerMetadata!["ropewalk"]!["seed"]).toBeUndefined();
  });

  it("penalises, biases and cuts by the SDK's settings and by those it has no names for", async () => {
    const prompt = [{ role: "user", content: "Who?" }];
    const greedy = { kind: "greedy", presencePenalty: 2, frequencyPenalty: 2, repetitionPenalty: 1.5 } as const;
    const one = await generateText({
      model,
      prompt: "Who?",
      maxOutputTokens: 20,
      presencePenalty: 2,
      frequencyPenalty: 2,
      providerOptions: ropewalkOptions({ sampling: { repetitionPenalty: 1.5 } }),
    });
    expect(one.text).toBe(await joined(models.here.generate(prompt, { sampling: greedy, maxNewTokens: 20 })));
    expect(one.text).not.toBe(await joined(models.here.generate(prompt, { maxNewTokens: 20 })));
    const drawn = { kind: "sample", temperature: 1, seed: 3, minP: 0.1 } as const;
    const other = ropewalk(models[where] as Models["here"], { sampling: { minP: 0.1 } });
    const two = await generateText({ model: other, prompt: "Who?", seed: 3, maxOutputTokens: 12 });
    expect(two.text).toBe(await joined(models.here.generate(prompt, { sampling: drawn, maxNewTokens: 12 })));
  });

  it("ends at a stop sequence, which is not given out", async () => {
    const whole = await generateText({ model, prompt: "Who?", maxOutputTokens: 20 });
    const stop = whole.text.slice(12, 17);
    const cut = await generateText({ model, prompt: "Who?", maxOutputTokens: 20, stopSequences: [stop, "\u2603"] });
    expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect([cut.finishReason, cut.warnings]).toEqual(["stop", []]);
  });

  it("asks often behind what was read once, and counts it as cached", async () => {
    const document = await models[where].read("Lily had a red ball. It was big. ".repeat(8));
    try {
      const after = document as Parameters<typeof ropewalkOptions>[0]["after"] & object;
      const asks = (providerOptions = ropewalkOptions({ after })) =>
        generateText({ model, prompt: "Who?", maxOutputTokens: 8, providerOptions });
      const answers = await Promise.all([asks(), asks()]);
      const cold = await models.here.read("Lily had a red ball. It was big. ".repeat(8));
      const expected = await joined(
        models.here.generate([{ role: "user", content: "Who?" }], { after: cold, maxNewTokens: 8 }),
      );
      cold.release();
      for (const { text, usage } of answers) {
        expect(text).toBe(expected);
        expect(usage.inputTokenDetails.cacheReadTokens).toBe(document.ids.length - 1);
        expect(usage.inputTokens).toBe(document.ids.length - 1 + usage.inputTokenDetails.noCacheTokens!);
      }
      const bound = ropewalk(models[where] as Models["here"], { after });
      expect((await generateText({ model: bound, prompt: "Who?", maxOutputTokens: 8 })).text).toBe(expected);
      await document.release();
      await expect(asks()).rejects.toThrow(/released/);
    } finally {
      await document.release();
    }
  });

  it("guesses ahead where it is asked to, and says the same", async () => {
    const asks = (providerOptions = ropewalkOptions({})) =>
      generateText({ model, prompt: "Lily saw a cat. Lily saw a cat. Lily", maxOutputTokens: 12, providerOptions });
    const guessed = await asks(ropewalkOptions({ lookup: { match: 3, draft: 8 } }));
    expect(guessed.text).toBe((await asks()).text);
    await expect(asks(ropewalkOptions({ lookup: { match: 0, draft: 8 } }))).rejects.toThrow(/match must be/);
  });

  it("stops by an abort: before the prompt, inside it and between pieces", async () => {
    const reason = new DOMException("enough", "AbortError");
    const gone = generateText({ model, prompt: "Who?", abortSignal: AbortSignal.abort(reason) });
    await expect(gone).rejects.toThrow("enough");

    const stop = new AbortController();
    const onPrefill = (): void => stop.abort(reason);
    const reading = model.doGenerate({
      ...asked,
      abortSignal: stop.signal,
      providerOptions: ropewalkOptions({ chunkSize: 4, onPrefill }),
    });
    await expect(reading).rejects.toBe(reason);

    const later = new AbortController();
    const seen: string[] = [];
    let aborted = false;
    const result = streamText({
      model,
      prompt: "Who?",
      abortSignal: later.signal,
      onAbort: () => void (aborted = true),
    });
    for await (const part of result.fullStream)
      if (part.type === "text-delta") {
        seen.push(part.text);
        if (seen.length === 3) later.abort(reason);
      }
    expect(aborted).toBe(true);
    expect(seen.length).toBeLessThan(8);

    const broken = new AbortController();
    const { stream } = await model.doStream({ ...asked, abortSignal: broken.signal });
    const reader = stream.getReader();
    for (let part = 0; part < 4; part++) await reader.read();
    broken.abort(reason);
    await expect(
      (async () => {
        for (let at = 0; at < 9; at++) await reader.read();
      })(),
    ).rejects.toBe(reason);
  });

  it("leaves nothing running when a reader goes", async () => {
    let isDone = false;
    const given = models[where];
    const watched = ropewalk({
      ...given,
      generate: async function* (prompt, options) {
        try {
          yield* given.generate(prompt, options as never);
        } finally {
          isDone = true;
        }
      },
    });
    const { stream } = await watched.doStream(asked);
    const reader = stream.getReader();
    for (let part = 0; part < 4; part++) await reader.read();
    expect(isDone).toBe(false);
    await reader.cancel("gone");
    expect(isDone).toBe(true);
  });

  it("is refused a run beyond the capacity, before anything streams", async () => {
    const beyond = /^generate: the run must be at most 512 tokens/;
    await expect(generateText({ model, prompt: "Who?", maxOutputTokens: 9999 })).rejects.toThrow(beyond);
    await expect(model.doStream({ ...asked, maxOutputTokens: 9999 })).rejects.toThrow(beyond);
    const errors: unknown[] = [];
    const result = streamText({
      model,
      prompt: "Who?",
      maxOutputTokens: 9999,
      onError: ({ error }) => void errors.push(error),
    });
    await result.consumeStream();
    expect(errors.map(String)).toEqual([expect.stringMatching(/^RangeError: generate: the run must be at most 512/)]);
  });

  it("may be allowed beyond it, by a call or for all", async () => {
    const prompt = "Lily and her dog saw a big red ball. ".repeat(50);
    const allowed = ropewalkOptions({ beyondCapacity: "allow" });
    const once = await generateText({ model, prompt, maxOutputTokens: 2, providerOptions: allowed });
    expect(once.usage.inputTokens).toBeGreaterThan(512);
    const always = ropewalk(models[where] as Models["here"], { beyondCapacity: "allow" });
    expect((await generateText({ model: always, prompt, maxOutputTokens: 2 })).text).toBe(once.text);
    const refused = ropewalkOptions({ beyondCapacity: "refuse" });
    await expect(generateText({ model: always, prompt, maxOutputTokens: 2, providerOptions: refused })).rejects.toThrow(
      /512/,
    );
  });

  it("has a name in a registry of providers", async () => {
    const local = customProvider({
      languageModels: { stories: ropewalk(models[where] as Models["here"], { modelId: "lily" }) },
    });
    const registry = createProviderRegistry({ local });
    const { response } = await generateText({
      model: registry.languageModel("local:stories"),
      prompt: "Who?",
      maxOutputTokens: 1,
    });
    expect(response.modelId).toBe("lily");
  });
});

describe("an error behind the first piece", () => {
  it("is a part of the stream, which ends by it", async () => {
    const failing = ropewalk({
      ...models.here,
      generate: async function* () {
        yield "Once";
        throw new RangeError("logits must be numbers");
      },
    });
    const parts = await partsOf(failing, asked);
    expect(parts.map(({ type }) => type)).toEqual([
      "stream-start",
      "response-metadata",
      "text-start",
      "text-delta",
      "error",
      "finish",
    ]);
    expect(parts.at(-2)).toMatchObject({ error: new RangeError("logits must be numbers") });
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: "error" } });
    await expect(failing.doGenerate(asked)).rejects.toThrow("logits must be numbers");
  });
});
