/** Many requests from many clients at once, of which some go away midway; the others are held to what the model says itself. */
import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import { connectWorker, type WorkerModel } from "@ropewalk/generation/worker";
import { startCpuWorker } from "@ropewalk/testing/workers/start-worker";
import { setTimeout as sleep } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { createHandler, type Handler } from "../src/index.ts";
import { listen } from "../src/node/index.ts";
import { chunksOf, type Given } from "./asking.ts";
import { chattyFiles, loadStories, said } from "./stories.ts";

const beginnings = ["Tell a story of Lily. ", "The dog was big and the park was green. ".repeat(4)];
const questions = ["Who?", "Where?", "Why?", "And then?"];

type Question = {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly answer: string;
};

const maxTokens = 8;

/** What is asked, with the right answers. */
export const askable = async (): Promise<readonly Question[]> => {
  const model = await loadStories();
  const all: Question[] = [];
  for (const system of beginnings)
    for (const content of questions) {
      const messages = [
        { role: "system", content: system },
        { role: "user", content },
      ];
      all.push({ messages, answer: await said(model, messages, { maxNewTokens: maxTokens }) });
    }
  await model.release();
  return all;
};

export type Running = { readonly url: string; readonly handler: Handler; readonly close: () => Promise<void> };

/** The stories in two workers, behind a port. */
export const startWorkers = async (cacheBytes: number): Promise<Running> => {
  // It has to have its settings before a worker begins.
  cpu();
  const workers = [startCpuWorker(), startCpuWorker()];
  const load = (worker: Worker): Promise<WorkerModel> =>
    connectWorker(worker).loadModel(
      { own: chattyFiles() },
      { backend: { name: "cpu", options: { threads: 1 } }, extension: selfExtend({ groupSize: 4, window: 128 }) },
    );
  const models = await Promise.all(workers.map(load));
  const handler = createHandler({ models: { stories: models }, cacheBytes, queue: 100 });
  const listening = await listen({ fetch: handler.fetch, port: 0 });
  const close = async (): Promise<void> => {
    await handler.close();
    await listening.close();
    await Promise.all(models.map((model) => model.release()));
    await Promise.all(workers.map((worker) => worker.terminate()));
  };
  return { url: listening.url, handler, close };
};

const post = (url: string, body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "stories", temperature: 0, max_tokens: maxTokens, ...body }),
    ...(signal && { signal }),
  });

/** Goes away while it waits, or within the stream. */
const leave = async (url: string, { messages }: Question, index: number): Promise<void> => {
  const stop = new AbortController();
  const stream = index % 2 === 0;
  const asking = post(url, { messages, stream, max_tokens: 400 }, stop.signal);
  asking.catch(() => {});
  if (stream) {
    const reader = (await asking).body!.getReader();
    for (let piece = 0; piece < index % 5; piece++) await reader.read();
  } else await sleep(index % 7);
  stop.abort();
};

const stay = async (url: string, { messages }: Question, index: number): Promise<string> => {
  const stream = index % 2 === 0;
  const response = await post(url, { messages, stream });
  if (response.status !== 200) return `${response.status}: ${await response.text()}`;
  if (!stream) return ((await response.json()) as Given).choices[0]!.message.content;
  return (await chunksOf(response)).map(({ choices }) => choices[0]?.delta.content ?? "").join("");
};

/** Asks `requests` times from `clients` at once; a third goes away midway. Gives what was not right. */
export const askMany = async (
  url: string,
  asked: readonly Question[],
  { requests, clients }: { readonly requests: number; readonly clients: number },
): Promise<{ readonly right: number; readonly left: number; readonly wrong: readonly string[] }> => {
  let next = 0;
  let [right, left] = [0, 0];
  const wrong: string[] = [];
  const client = async (): Promise<void> => {
    while (next < requests) {
      const index = next;
      next += 1;
      const question = asked[index % asked.length]!;
      if (index % 3 === 1) {
        await leave(url, question, index);
        left += 1;
        continue;
      }
      const got = await stay(url, question, index);
      if (got === question.answer) right += 1;
      else wrong.push(`${index}: ${got}`);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { right, left, wrong };
};

export type State = { readonly running: number; readonly waiting: number };

/** What is at work when all who left have been noticed, or in some seconds. */
export const stateOf = async (url: string): Promise<State> => {
  for (let time = 0; ; time++) {
    const { models } = (await (await fetch(`${url}/health`)).json()) as {
      readonly models: { readonly stories: State };
    };
    if (models.stories.running + models.stories.waiting === 0 || time === 1000) return models.stories;
    await sleep(10);
  }
};

export const prefixBytesOf = async (url: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^ropewalk_prefix_bytes\{model="stories"\} (\d+)$/m.exec(text)![1]);
};
