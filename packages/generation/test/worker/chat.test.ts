/** Chats in a worker thread, held to chats here. */
import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel, type GenerationStats, type LanguageModel } from "@ropewalk/generation";
import { connectWorker, type WorkerModel } from "@ropewalk/generation/worker";
import { startCpuWorker } from "@ropewalk/testing/workers/start-worker";
import { stories260K } from "@ropewalk/tiny-models";
import type { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, it } from "vitest";

const extension = selfExtend({ groupSize: 4, window: 64 });
const options = {
  template: "{{ bos_token }}{% for m in messages %}{{ m.content }} {% endfor %}",
  system: "Lily had a dog named Max.",
};
const backend = { name: "cpu", options: { threads: 1 } };

let worker: Worker;
let here: LanguageModel;
let there: WorkerModel;
beforeAll(async () => {
  worker = startCpuWorker();
  here = await loadModel(stories260K.url, { backend: cpu({ threads: 1 }), extension });
  there = await connectWorker(worker).loadModel(stories260K.url.pathname, { backend, extension });
});
afterAll(async () => {
  await Promise.all([here.release(), there.release()]);
  await worker.terminate();
});

type Sending = Pick<ReturnType<LanguageModel["chat"]>, "send" | "ids">;

const say = async (chat: Sending, message: string, more: object = {}) => {
  let text = "";
  let took: GenerationStats | undefined;
  let known = 0;
  const onDone = (stats: GenerationStats): void => {
    took = stats;
    known = chat.ids.length;
  };
  for await (const piece of chat.send(message, { maxNewTokens: 12, onDone, ...more })) text += piece;
  const { promptTokens, cachedTokens, newTokens } = took!;
  // What was said is known when it is told.
  expect(known).toBe(promptTokens + newTokens);
  return { text, promptTokens, cachedTokens };
};

it("goes on, forks, goes back and is left as one here", async () => {
  const mine = here.chat(options);
  const chat = await there.chat(options);
  for (const message of ["Max saw a", "Then Max", "But Lily"])
    expect(await say(chat, message)).toEqual(await say(mine, message));
  const facts = () => [chat.messages, chat.ids, chat.turns, chat.bytes];
  expect(facts()).toEqual([mine.messages, mine.ids, mine.turns, mine.bytes]);
  const fork = await chat.fork();
  await chat.rollback(2);
  mine.rollback(2);
  expect(facts()).toEqual([mine.messages, mine.ids, mine.turns, mine.bytes]);
  expect([fork.turns, await say(chat, "One day,")]).toEqual([3, await say(mine, "One day,")]);
  // A reader that leaves has what was said until then.
  for await (const _ of chat.send("And so", { maxNewTokens: 12 })) break;
  for await (const _ of mine.send("And so", { maxNewTokens: 12 })) break;
  expect(facts().slice(0, 3)).toEqual([mine.messages, mine.ids, mine.turns]);
  expect(chat.messages.at(-1)!.content).not.toBe("");
  expect(await say(chat, "Then")).toEqual(await say(mine, "Then"));
  await Promise.all([chat.release(), fork.release()]);
  mine.release();
});

it("is as it was where a turn is aborted or refused, and stands behind what was read", async () => {
  const document = await there.read("Once upon a time, there was a dog.");
  const chat = await there.chat({ ...options, after: document });
  await document.release();
  const first = await say(chat, "Max saw a");
  expect(first.cachedTokens).toBe(document.ids.length - 1);
  const before = [chat.messages, chat.ids, chat.turns];
  const stop = new AbortController();
  const aborted = async (): Promise<void> => {
    for await (const _ of chat.send("Then", { maxNewTokens: 50, signal: stop.signal })) stop.abort(new Error("enough"));
  };
  await expect(aborted()).rejects.toThrow("enough");
  await expect(say(chat, "a ".repeat(2000))).rejects.toThrow(/must be at most \d+ tokens/);
  expect([chat.messages, chat.ids, chat.turns]).toEqual(before);
  const past = await chat.read();
  expect(past.ids.slice(0, chat.ids.length)).toEqual(chat.ids);
  await past.release();
  await chat.release();
  await expect(say(chat, "Then")).rejects.toThrow(
    new TypeError("send: the chat must be one that is not released, nor its model, got one that is"),
  );
  await expect(there.chat({ ...options, after: document })).rejects.toThrow(
    /^chat: after must be a prefix that is not released/,
  );
  await expect(there.chat()).rejects.toThrow(/^chat: stories260K must have a chat template/);
});
