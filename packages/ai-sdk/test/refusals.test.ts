/** What cannot be done is refused or said, in the SDK's own form. */
import {
  InvalidPromptError,
  UnsupportedFunctionalityError,
  type LanguageModelV4CallOptions,
  type LanguageModelV4Prompt,
} from "@ai-sdk/provider";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ropewalk, ropewalkOptions } from "../src/index.ts";
import { loadModels, type Models } from "./models.ts";

let models: Models;
beforeAll(async () => (models = await loadModels()));
afterAll(() => models.release());

const user = (text: string): LanguageModelV4Prompt[number] => ({ role: "user", content: [{ type: "text", text }] });
const call = { toolCallId: "1", toolName: "look" } as const;
const schema = { type: "object" } as const;
const tool = { type: "function", name: "look", inputSchema: schema } as const;

const answer = async (options: Partial<LanguageModelV4CallOptions>, model = ropewalk(models.here)) =>
  model.doGenerate({ prompt: [user("Who?")], maxOutputTokens: 2, ...options });

describe("a prompt", () => {
  it.each<readonly [string, LanguageModelV4Prompt[number], string]>([
    [
      "a picture",
      {
        role: "user",
        content: [{ type: "file", mediaType: "image/png", data: { type: "data", data: new Uint8Array(3) } }],
      },
      "ropewalk: a prompt must be text, got a file of image/png; write its text into the message",
    ],
    [
      "a tool's call",
      { role: "assistant", content: [{ type: "tool-call", ...call, input: {} }] },
      "ropewalk: a prompt must be text, got a part of kind tool-call; models are not told of tools here",
    ],
    [
      "a tool's result",
      { role: "tool", content: [{ type: "tool-result", ...call, output: { type: "text", value: "" } }] },
      "ropewalk: a prompt must be text, got a part of kind tool-result; models are not told of tools here",
    ],
    [
      "what nobody knows",
      { role: "user", content: [{ type: "smell" } as never] },
      "ropewalk: a prompt must be text, got a part of kind smell; this package does not know it",
    ],
  ])("with %s is refused", async (_, message, words) => {
    const error = await answer({ prompt: [message] }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(UnsupportedFunctionalityError.isInstance(error)).toBe(true);
    expect((error as Error).message).toBe(words);
  });

  it("has an earlier answer's reasoning left out, which is said", async () => {
    const earlier = (reasoning: boolean): LanguageModelV4Prompt => [
      user("Who?"),
      {
        role: "assistant",
        content: [...(reasoning ? [{ type: "reasoning", text: "Hm." } as const] : []), { type: "text", text: "Lily." }],
      },
      user("Why?"),
    ];
    const { warnings, content } = await answer({ prompt: earlier(true) });
    expect(warnings).toEqual([
      { type: "unsupported", feature: "reasoning", details: "An earlier answer's reasoning is left out." },
    ]);
    expect(content).toEqual((await answer({ prompt: earlier(false) })).content);
  });

  it("needs a chat template, or is one text", async () => {
    const plain = ropewalk(models.plain);
    const error = await answer({}, plain).catch((reason: unknown) => reason);
    expect(UnsupportedFunctionalityError.isInstance(error)).toBe(true);
    expect((error as Error).message).toMatch(/^ropewalk: stories must have a chat template .*prompt: "text"/);
    const text = await answer(
      { prompt: [user("Once upon a time")], maxOutputTokens: 9 },
      ropewalk(models.plain, { prompt: "text" }),
    );
    expect(text.content).toEqual([{ type: "text", text: ", there was a little girl named" }]);
    const several = [{ role: "system", content: "Be brief." } as const, user("Who?")];
    const refused = await answer(
      { prompt: several, providerOptions: ropewalkOptions({ prompt: "text" }) },
      plain,
    ).catch((reason: unknown) => reason);
    expect(InvalidPromptError.isInstance(refused)).toBe(true);
    expect((refused as Error).message).toBe(
      "Invalid prompt: ropewalk: a prompt as text must be one user message, got system, user",
    );
  });

  it("that the template refuses is an error of its words", async () => {
    await expect(answer({ prompt: [{ role: "wizard" as "system", content: "" }] })).rejects.toThrow("no wizards");
  });
});

describe("an answer", () => {
  it.each<readonly [string, Partial<LanguageModelV4CallOptions>]>([
    ["JSON", { responseFormat: { type: "json", schema } }],
    ["a tool's call", { tools: [tool], toolChoice: { type: "required" } }],
    ["a tool's call", { tools: [tool], toolChoice: { type: "tool", toolName: "look" } }],
  ])("that must be %s is refused", async (functionality, options) => {
    const error = await answer(options).catch((reason: unknown) => reason);
    expect(UnsupportedFunctionalityError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ functionality });
  });

  it.each<readonly [string, Partial<LanguageModelV4CallOptions>]>([
    ["tools", { tools: [tool], toolChoice: { type: "auto" } }],
    ["reasoning", { reasoning: "high" }],
    ["providerOptions.ropewalk", { prompt: [{ ...user("Who?"), providerOptions: { ropewalk: { a: 1 } } }] }],
  ])("goes without %s, and says so", async (feature, options) => {
    const { warnings } = await answer(options);
    expect(warnings).toEqual([expect.objectContaining({ type: "unsupported", feature })]);
    const { stream } = await ropewalk(models.here).doStream({
      prompt: [user("Who?")],
      maxOutputTokens: 1,
      ...options,
    });
    const { value } = await stream.getReader().read();
    expect(value).toEqual({ type: "stream-start", warnings });
  });

  it("says nothing of what asks for nothing", async () => {
    const { warnings } = await answer({
      responseFormat: { type: "text" },
      tools: [],
      toolChoice: { type: "none" },
      stopSequences: [],
      reasoning: "provider-default",
      presencePenalty: 0,
      frequencyPenalty: 0,
      headers: { a: "b" },
    });
    expect(warnings).toEqual([]);
  });
});

describe("settings", () => {
  it.each<readonly [unknown, string]>([
    [{ stopStrings: ["a"] }, "must have no stopStrings, for which the AI SDK has stopSequences"],
    [{ maxNewTokens: 3 }, "must have no maxNewTokens, for which the AI SDK has maxOutputTokens"],
    [{ signal: undefined }, "must have no signal, for which the AI SDK has abortSignal"],
    [{ onDone: () => {} }, "must have no onDone, for which the AI SDK has usage and providerMetadata.ropewalk"],
    [null, "must be an object, got null"],
  ])("%j", async (options, words) => {
    expect(() => ropewalk(models.here, options as never)).toThrow(new TypeError(`ropewalk: settings ${words}`));
    expect(() => ropewalkOptions(options as never)).toThrow(new TypeError(`ropewalk: options ${words}`));
    if (options !== null)
      await expect(answer({ providerOptions: { ropewalk: options as never } })).rejects.toThrow(
        `ropewalk: providerOptions.ropewalk ${words}`,
      );
  });

  it("must be known, and of their kind", async () => {
    expect(() => ropewalk(models.here, { prompt: "chats" as never })).toThrow(/settings\.prompt must be .*chat/);
    expect(() => ropewalk(models.here, { modelId: 3 as never })).toThrow("settings.modelId must be text, got 3");
    expect(() => ropewalk({} as never)).toThrow("ropewalk: model must be one that loadModel gave, got an object");
    await expect(answer({}, ropewalk(models.here, { mistaken: 1 } as never))).rejects.toThrow(
      /^generate: options must have no keys but .*, got "mistaken"$/,
    );
    await expect(answer({ temperature: -1 })).rejects.toThrow(/temperature must be positive/);
    const sampled = (sampling: object) => answer({ providerOptions: ropewalkOptions({ sampling }) });
    await expect(sampled({ topK: 3 })).rejects.toThrow(
      "sampling must have no topK, which the AI SDK's own settings say",
    );
    await expect(sampled({ mistaken: 3 })).rejects.toThrow(/must have no .*"mistaken"/);
    await expect(sampled({ minP: 3 })).rejects.toThrow(/minP must be/);
  });
});
