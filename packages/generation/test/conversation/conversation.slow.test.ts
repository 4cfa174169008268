/**
 * Chats, turn by turn: what is held gives what a cold run over the same ids gives.
 * Longer than 400 lines: its parts share one model and the way a conversation is held to a cold run.
 */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { dynamicNtk, selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import { openFolder } from "@ropewalk/models/node";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { inRepository } from "@ropewalk/testing/repository";
import { modelVectors, onnxExports } from "@ropewalk/testing/vectors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stories260K } from "@ropewalk/tiny-models";
import {
  loadModel,
  type Chat,
  type ChatMessage,
  type GenerationStats,
  type LanguageModel,
  type Overflowing,
  type SendOptions,
} from "../../src/index.ts";
import { template, withTokenizer } from "../chat-model.ts";
import { counted } from "../counted.ts";

const folders = inRepository(`${modelVectors}/`);
const exported = inRepository(`${onnxExports}/torch-dynamo-llama/`);

/** The shipped model has a tokenizer of its own. */
const folderAt = async (url: URL) => (url === stories260K.url ? openFolder(url) : withTokenizer(await openFolder(url)));

/** An answer, with what it took; as many tokens as are asked for, unless stop tokens are. */
const answer = async (chat: Chat, message: Parameters<Chat["send"]>[0], options: SendOptions = {}) => {
  let stats: GenerationStats | undefined;
  let text = "";
  const run = { maxNewTokens: 10, stopTokens: [], ...options, onDone: (took: GenerationStats) => (stats = took) };
  for await (const piece of chat.send(message, run)) text += piece;
  return { text, ...stats! };
};

/** The ids that follow a prompt, cold. */
const cold = async (model: LanguageModel, ids: readonly number[], count: number): Promise<readonly number[]> => {
  const tokens: number[] = [];
  for await (const token of model.generateTokens(ids, { maxNewTokens: count, stopTokens: [] })) tokens.push(token);
  return tokens;
};

const questions = ["Who is it?", "And why?\n", "it's 12", " <t>", "Go on."];

/** What a trained model goes on with surely. */
const story = {
  template: "{{ bos_token }}{% for m in messages %}{{ m.content }} {% endfor %}",
  system: "Once upon a time, there was a little girl named Lily.",
  questions: [
    "She had a dog named",
    "One day, they went to the",
    "The dog saw a big",
    "Lily was very",
    "Her mom said,",
  ],
};
const letters = { template, system: "Be brief.", questions };

type Case = {
  readonly name: string;
  readonly said: typeof letters;
  readonly url: URL;
  readonly extension: ContextExtension;
  readonly cache: "float32" | "q8";
  readonly backend: Backend;
};

const extended = selfExtend({ groupSize: 8, window: 24 });
const llama = new URL("tiny/llama/", folders);
const places: readonly Backend[] = [cpu({ threads: 1 }), wasm()];
const cases: readonly Case[] = places.flatMap((backend) => {
  const on = (name: string, url: URL, cache: Case["cache"], said = letters): Case => ({
    said,
    name,
    url,
    extension: extended,
    cache,
    backend,
  });
  return [
    ...[on("llama", llama, "float32"), on("stories260K", stories260K.url, "q8", story)],
    ...[on("an export", exported, "float32"), on("an export", exported, "q8")],
    on("gemma3, some layers slide", new URL("layered/gemma3/", folders), "float32"),
  ];
});

describe.each(cases)("$name, $cache, $backend.name", ({ said, url, extension, cache, backend }) => {
  let model: LanguageModel;
  const counting = counted(backend);
  beforeAll(async () => {
    model = await loadModel(await folderAt(url), { backend: counting.backend, extension, cache });
    return () => model.release();
  });

  /** Whether the last turn of a chat is what a cold run says. */
  const isAsCold = async (chat: Chat, { promptTokens, newTokens }: GenerationStats): Promise<void> => {
    const { ids } = chat;
    expect(ids.length).toBe(promptTokens + newTokens);
    if (cache === "float32" || url === stories260K.url)
      return expect(ids.slice(promptTokens)).toEqual(await cold(model, ids.slice(0, promptTokens), newTokens));
    // Random weights have ties all but: what is rounded when makes another token the likeliest.
    const { vocabSize } = model.extended.decoder;
    const logits = await model.logits(ids);
    for (let at = promptTokens; at < ids.length; at++) {
      const before = logits.subarray((at - 1) * vocabSize, at * vocabSize);
      expect(before[ids[at]!]!).toBeGreaterThan(Math.max(...before) - 0.3);
    }
  };

  it("five turns, forked and rolled back, are those of cold runs over the same ids", async () => {
    const chat = model.chat({ template: said.template, system: said.system });
    let before = 0;
    for (const question of said.questions) {
      const took = await answer(chat, question);
      await isAsCold(chat, took);
      // All is there but the answer's last token, which was not run.
      expect(took.cachedTokens).toBe(Math.max(0, before - 1));
      before = chat.ids.length;
    }
    expect([chat.turns, chat.messages.length]).toEqual([5, 11]);
    const fork = chat.fork();
    const [mine, theirs] = [await answer(chat, "Then?"), await answer(fork, "When was it?")];
    await isAsCold(chat, mine);
    await isAsCold(fork, theirs);
    const forked = fork.ids;
    chat.rollback(3);
    expect([chat.turns, chat.messages.length]).toEqual([3, 7]);
    expect(forked.slice(0, chat.ids.length)).toEqual(chat.ids);
    const held = chat.ids.length;
    const other = await answer(chat, "No, another one.");
    expect(other.cachedTokens).toBe(held - 1);
    await isAsCold(chat, other);
    expect(fork.ids).toEqual(forked);
    // Logits of the document and everything behind it.
    const past = await chat.read();
    expect(past.ids.slice(0, chat.ids.length)).toEqual(chat.ids);
    const end = model.text!.decode(past.ids.slice(chat.ids.length)).trim();
    expect([end, past.ids.length > chat.ids.length]).toEqual(["", true]);
    const { vocabSize } = model.extended.decoder;
    const more = [8, 9, 10];
    const logits = await model.logits(more, { after: past });
    const expected = (await model.logits([...past.ids, ...more])).subarray(-logits.length);
    expect(logits.length).toBe(4 * vocabSize);
    if (cache === "float32") expect(largestDifference(logits, expected)).toBeLessThan(1e-4);
    past.release();
    chat.release();
    await isAsCold(fork, await answer(fork, "Go on."));
    fork.release();
    expect([counting.live.size, counting.count.releasedTwice]).toEqual([0, 0]);
  });
});

describe("a chat", () => {
  const { backend, live, failing, count } = counted(cpu({ threads: 1 }));
  let model: LanguageModel;
  beforeAll(async () => {
    const folder = await folderAt(new URL("tiny/llama/", folders));
    model = await loadModel(folder, { backend, extension: selfExtend({ groupSize: 16, window: 24 }) });
  });
  afterAll(async () => {
    await model.release();
    expect([live.size, count.releasedTwice]).toEqual([0, 0]);
  });

  it("stands behind a document, which may be released, and has no bos of its own", async () => {
    const document = await model.read("It was a dark night.");
    const chat = model.chat({ after: document });
    document.release();
    expect(chat.ids).toEqual(document.ids);
    const took = await answer(chat, "Why?");
    expect(took.cachedTokens).toBe(document.ids.length - 1);
    const asked = model.text!.encodeChat!([{ role: "user", content: "Why?" }]).slice(1);
    expect(chat.ids.slice(0, took.promptTokens)).toEqual([...document.ids, ...asked]);
    expect(chat.ids.slice(took.promptTokens)).toEqual(await cold(model, [...document.ids, ...asked], 10));
    const again = await answer(chat, "Oh?");
    expect(again.cachedTokens).toBe(took.promptTokens + 9);
    // What was said is a document for another conversation.
    const past = await chat.read();
    const next = model.chat({ after: past });
    const { cachedTokens } = await answer(next, "Who?");
    expect([past.ids.length > chat.ids.length, cachedTokens]).toEqual([true, past.ids.length - 1]);
    for (const each of [past, next]) each.release();
    chat.rollback(2);
    expect(chat.ids).toEqual(document.ids);
    chat.release();
  });

  it("begins with messages, which are read with the first that is sent, or answered by themselves", async () => {
    const messages: readonly ChatMessage[] = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Hello" },
    ];
    const chat = model.chat({ messages });
    expect([chat.ids, chat.turns, chat.messages]).toEqual([[], 0, messages]);
    const { promptTokens } = await answer(chat, { role: "user", content: [{ type: "text", text: "Who?" }] });
    const all = [...messages, { role: "user", content: "Who?" }];
    expect(chat.ids.slice(0, promptTokens)).toEqual(model.text!.encodeChat!(all));
    chat.release();
    const open = model.chat({ messages: [{ role: "user", content: "Hi" }] });
    const { text } = await answer(open, []);
    expect(open.messages).toEqual([
      { role: "user", content: "Hi" },
      { role: "assistant", content: text },
    ]);
    open.release();
  });

  it("gives another answer to the same question without reading it again", async () => {
    const chat = model.chat();
    await answer(chat, "Who is it?");
    const first = await answer(chat, "And why?");
    chat.rollback();
    const drawn = await answer(chat, "And why?", { sampling: { kind: "sample", temperature: 2, seed: 3 } });
    expect(drawn.text).not.toBe(first.text);
    expect(drawn.cachedTokens).toBe(first.promptTokens - 1);
    chat.rollback();
    expect((await answer(chat, "And why?")).text).toBe(first.text);
    chat.release();
  });

  it.each([
    [
      "begins a thought",
      "{{ bos_token }}{% for m in messages %}<|start|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}<|start|>assistant\n<t>",
    ],
    [
      "has the system's text before the last question",
      "{{ bos_token }}{% for m in messages[1:] %}<|start|>{{ m.role }}\n{% if loop.last %}{{ messages[0].content }}\n\n{% endif %}{{ m.content }}<|end|>\n{% endfor %}<|start|>assistant\n",
    ],
    [
      "numbers its turns at the end",
      "{% for m in messages %}<|start|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}{{ messages|length }}:",
    ],
  ])("reads anew what a template writes otherwise, and no more: one that %s", async (_, own) => {
    const chat = model.chat({ template: own, system: "Be brief." });
    let before: readonly number[] = [];
    for (const question of questions) {
      const { cachedTokens, promptTokens } = await answer(chat, question);
      const prompt = chat.ids.slice(0, promptTokens);
      const common = prompt.findIndex((id, index) => id !== before[index]);
      expect(common).toBeLessThan(before.length || 1);
      expect(cachedTokens).toBe(common);
      before = chat.ids;
    }
    expect(before.slice(-10)).toEqual(await cold(model, before.slice(0, -10), 10));
    chat.release();
  });

  it("keeps as many checkpoints as it is told to: what is beyond them is read anew", async () => {
    const backTo = async (checkpoints: object, turns: number): Promise<readonly number[]> => {
      const chat = model.chat({ checkpoints });
      for (const question of questions) await answer(chat, question);
      const { bytes } = chat;
      chat.rollback(turns);
      const held = chat.ids.length;
      const { cachedTokens, promptTokens, newTokens } = await answer(chat, "No.");
      expect(chat.ids.slice(promptTokens)).toEqual(await cold(model, chat.ids.slice(0, promptTokens), newTokens));
      chat.release();
      return [held - 1 - cachedTokens, bytes];
    };
    const [none, bare] = await backTo({ turns: 0 }, 1);
    const [one, some] = await backTo({ turns: 1, bytes: 1e9 }, 1);
    const [beyond] = await backTo({ turns: 1, bytes: 1e9 }, 2);
    const [all, more] = await backTo({ turns: 5, bytes: 1e9 }, 4);
    const [bytes] = await backTo({ turns: 5, bytes: 0 }, 1);
    expect([none! > 0, one, beyond! > 0, all, bytes! > 0]).toEqual([true, 0, true, 0, true]);
    expect(some!).toBeGreaterThan(bare!);
    expect(more!).toBeGreaterThan(some!);
  });

  it("is as it was before a turn that was aborted or failed, and keeps what was said where its reader leaves", async () => {
    const chat = model.chat();
    await answer(chat, "Who is it?");
    const before = [chat.ids, chat.messages, chat.turns, chat.bytes, live.size];
    const now = () => [chat.ids, chat.messages, chat.turns, chat.bytes, live.size];
    const stop = new AbortController();
    const abort = async (): Promise<void> => {
      for await (const _ of chat.send("And why?", { signal: stop.signal })) stop.abort(new Error("enough"));
    };
    await expect(abort()).rejects.toThrow("enough");
    expect(now()).toEqual(before);
    failing.run = count.runs + 4;
    await expect(answer(chat, "And why?")).rejects.toThrow("no run");
    failing.run = Infinity;
    expect(now()).toEqual(before);
    failing.allocation = count.allocations + 3;
    await expect(answer(chat, "And why?")).rejects.toThrow("no memory");
    failing.allocation = Infinity;
    expect(now()).toEqual(before);
    await expect(answer(chat, { role: "wizard", content: "" })).rejects.toThrow(/no such role: wizard$/);
    await expect(answer(chat, "a".repeat(2000))).rejects.toThrow(/must be at most \d+ tokens, the capacity/);
    expect(now()).toEqual(before);
    const whole = await answer(chat, "And why?");
    chat.rollback();
    let left = "";
    for await (const piece of chat.send("And why?", { maxNewTokens: 12, stopTokens: [] })) {
      left += piece;
      if (left.length > 3) break;
    }
    expect(whole.text.startsWith(left)).toBe(true);
    expect(chat.messages.at(-1)).toEqual({ role: "assistant", content: left });
    const held = chat.ids.length;
    expect((await answer(chat, "Go on.")).cachedTokens).toBe(held - 1);
    chat.release();
  });

  it("stands behind answers that were run ahead of what was read of them", async () => {
    const chat = model.chat();
    const options = { maxNewTokens: 12, stopTokens: [], stepsPerRun: 8 };
    let left = "";
    for await (const piece of chat.send("And why?", options)) {
      left += piece;
      break;
    }
    const { ids } = chat;
    const { cachedTokens, promptTokens } = await answer(chat, "Go on.", { stepsPerRun: 8 });
    expect(chat.ids.slice(0, ids.length)).toEqual(ids);
    expect(cachedTokens).toBeLessThan(ids.length);
    expect(chat.ids.slice(promptTokens)).toEqual(await cold(model, chat.ids.slice(0, promptTokens), 10));
    expect(left.length).toBeGreaterThan(0);
    chat.release();
  });

  it("goes on where it outgrows the capacity and a policy says how, and is refused in fields where none does", async () => {
    const { capacity } = model.extended;
    const chat = model.chat();
    const long = { role: "user", content: "ab ".repeat(Math.floor(capacity / 3) - 40) };
    await answer(chat, long);
    const past = chat.ids;
    const refused = answer(chat, "And why? ".repeat(12));
    await expect(refused).rejects.toMatchObject({ code: "context_length_exceeded" });
    expect(chat.ids).toEqual(past);
    const kept: (readonly number[])[] = [];
    const policy = ({ ids, capacity: most, newTokens }: Overflowing): readonly number[] => {
      kept.push([...ids.slice(0, 10), ...ids.slice(ids.length - (most - newTokens - 10))]);
      return kept.at(-1)!;
    };
    await answer(chat, "And why? ".repeat(12), { beyondCapacity: policy });
    // The run had fewer; what was said is all there.
    expect(kept[0]!.length).toBeLessThan(chat.ids.length - 10);
    expect(chat.ids.slice(0, past.length)).toEqual(past);
    expect(chat.ids.slice(-10)).toEqual(await cold(model, kept[0]!, 10));
    expect(chat.turns).toBe(2);
    chat.rollback();
    expect((await answer(chat, "Oh?")).cachedTokens).toBe(past.length - 1);
    chat.release();
  });

  it("says the same where answers are guessed and checked", async () => {
    const [plain, guessed] = [model.chat(), model.chat()];
    for (const question of questions.slice(0, 3)) {
      const one = await answer(plain, question);
      const other = await answer(guessed, question, { lookup: { match: 2, draft: 4 } });
      expect([other.text, other.cachedTokens]).toEqual([one.text, one.cachedTokens]);
    }
    expect(guessed.ids).toEqual(plain.ids);
    for (const chat of [plain, guessed]) chat.release();
  });

  it("holds no part of a stop string that ended an answer", async () => {
    const chat = model.chat();
    const { text } = await answer(chat, "And why?");
    chat.rollback();
    const stop = text.slice(4, 6);
    const ended = await answer(chat, "And why?", { stopStrings: [stop] });
    expect([ended.text, ended.finish]).toEqual([text.slice(0, text.indexOf(stop)), "stop"]);
    expect(model.text!.decode(chat.ids.slice(ended.promptTokens))).toBe(ended.text);
    const { promptTokens } = await answer(chat, "Go on.");
    expect(chat.ids.slice(promptTokens)).toEqual(await cold(model, chat.ids.slice(0, promptTokens), 10));
    chat.release();
  });

  it("one message at a time, and none once it is released", async () => {
    const chat = model.chat();
    const first = chat.send("Who?", { maxNewTokens: 12 });
    await first.next();
    const busy = "the chat must have given its answer, got one that is giving it: one message at a time";
    await expect(chat.send("Why?").next()).rejects.toThrow(new TypeError(`send: ${busy}`));
    expect(() => chat.fork()).toThrow(new TypeError(`fork: ${busy}`));
    expect(() => chat.rollback()).toThrow(new TypeError(`rollback: ${busy}`));
    await expect(chat.read()).rejects.toThrow(new TypeError(`read: ${busy}`));
    chat.release();
    const gone = "the chat must not be released, got one that is";
    await expect(first.next()).rejects.toThrow(new TypeError(`send: ${gone}`));
    await expect(chat.send("Why?").next()).rejects.toThrow(new TypeError(`send: ${gone}`));
    expect(() => chat.fork()).toThrow(new TypeError(`fork: ${gone}`));
    chat.release();
    expect(live.size).toBe(0);
  });

  it.each([
    [{ system: 7 }, "TypeError: chat: system must be text, got 7"],
    [
      { system: "Be brief.", messages: [{ role: "system", content: "" }] },
      'RangeError: chat: system must be absent where messages begin with the system\'s, got "Be brief."',
    ],
    [{ messages: "Hi" }, 'TypeError: chat: messages must be a list, got "Hi"'],
    [{ messages: [{ content: "Hi" }] }, "TypeError: chat: messages[0].role must be text, got nothing"],
    [{ after: [1] }, /^TypeError: chat: after must be a prefix, which read of the model gives, got/],
    [{ document: 1 }, /^TypeError: chat: options must have no keys but .*; after is meant\?$/],
    [{ checkpoints: { turns: -1 } }, "RangeError: chat: turns must be an integer >= 0, got -1"],
    [{ checkpoints: { count: 1 } }, /^TypeError: chat: checkpoints must have no keys but turns, bytes/],
    [{ template: "{% for %}" }, /^RangeError: chatFormat: the chat template must be Jinja/],
  ])("refuses %j", (options, message) => {
    let said = "";
    try {
      model.chat(options as never);
    } catch (error) {
      said = String(error);
    }
    expect(said).toMatch(typeof message === "string" ? message.slice(0, 0) : message);
    if (typeof message === "string") expect(said).toBe(message);
  });

  it("says what is wrong with what is sent", async () => {
    const chat = model.chat();
    const sent = async (...args: readonly unknown[]) => chat.send(...(args as Parameters<Chat["send"]>)).next();
    await expect(sent(7)).rejects.toThrow("send: message must be text, a message or a list of messages, got 7");
    await expect(sent([{ role: "user" }])).rejects.toThrow("send: messages[0].content must be text or a list of parts");
    await expect(sent([])).rejects.toThrow("chatFormat: messages must have at least 1 message, got 0");
    await expect(sent("a", { after: 1 })).rejects.toThrow("chat({ after }) is meant?");
    await expect(sent("a", { max_tokens: 1 })).rejects.toThrow("maxNewTokens is meant?");
    await expect(sent("a", { signal: {} })).rejects.toThrow("generate: signal must be an AbortSignal, got an object");
    expect(() => chat.rollback(1)).toThrow(
      new RangeError("rollback: turns must be an integer from 0 to 0, the turns of the chat, got 1"),
    );
    expect([chat.ids, chat.messages, chat.turns]).toEqual([[], [], 0]);
    chat.release();
  });

  it("under frequencies of the length is read anew where they change, and right", async () => {
    const ntk = await model.withExtension(dynamicNtk({ factor: 8, originalContext: 40 }));
    const chat = ntk.chat();
    for (const question of questions.slice(0, 3)) {
      const { promptTokens } = await answer(chat, question);
      expect(chat.ids.slice(promptTokens)).toEqual(await cold(ntk, chat.ids.slice(0, promptTokens), 10));
    }
    chat.release();
  });

  it("ends with its model, and needs a tokenizer and a template", async () => {
    const own = counted(cpu({ threads: 1 }));
    const stories = await loadModel(await openFolder(stories260K.url), { backend: own.backend });
    expect(() => stories.chat()).toThrow(
      new TypeError(
        "chat: stories260K must have a chat template, or be given one as template, got none; generate goes on with text",
      ),
    );
    const chat = stories.chat({ template });
    await answer(chat, "Once upon a time");
    await stories.release();
    expect(own.live.size).toBe(0);
    await expect(chat.send("Hi").next()).rejects.toThrow(/^send: the model must not be released/);
    chat.release();
    expect(own.count.releasedTwice).toBe(0);
    const bare = await loadModel(await openFolder(new URL("tiny/llama/", folders)), { backend });
    expect(() => bare.chat()).toThrow("chat: llama must have a tokenizer.json to read and write text, got none");
    await bare.release();
  });
});
