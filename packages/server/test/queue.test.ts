/** Who waits, who is told to come again, who has gone and who never reads: with a model that answers when it is told to. */
import type { GenerateOptions } from "@ropewalk/generation";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createHandler, type Handler, type ServedModel } from "../src/index.ts";
import { post, wrongOf } from "./asking.ts";

type Played = ServedModel & { readonly seen: { running: number; most: number; pieces: number; ended: number } };

/** It gives pieces without end, until it is aborted or has given as many as were asked for. */
const played = (pause = 1): Played => {
  const seen = { running: 0, most: 0, pieces: 0, ended: 0 };
  const generate = async function* (_: unknown, { maxNewTokens = 1, signal, onDone }: GenerateOptions = {}) {
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    try {
      for (let piece = 0; piece < maxNewTokens; piece++) {
        await sleep(pause);
        signal?.throwIfAborted();
        seen.pieces += 1;
        yield "x".repeat(1000);
      }
      onDone?.({ finish: "length", newTokens: maxNewTokens, cachedTokens: 0 } as never);
    } finally {
      seen.running -= 1;
      seen.ended += 1;
    }
  };
  return {
    seen,
    generate,
    source: { name: "played", bosToken: undefined },
    extended: { capacity: 1e6, decoder: { vocabSize: 10 } },
    text: { encode: () => [1], decode: () => "" },
    read: () => Promise.reject(new Error("it is not read")),
    prefixBytes: () => 0,
  } as unknown as Played;
};

const ask = ({ fetch }: Handler, body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(post("/v1/completions", { model: "played", prompt: "a", ...body }, signal ? { signal } : {}));

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  const begun = performance.now();
  while (!(await holds())) {
    if (performance.now() - begun > 20_000) throw new Error(`waited for ${String(holds)}`);
    await sleep(2);
  }
};

const counts = async ({ fetch }: Handler): Promise<unknown> =>
  (
    (await (await fetch(new Request("http://localhost/health"))).json()) as {
      readonly models: { readonly played: unknown };
    }
  ).models.played;

const isIdle = async (handler: Handler): Promise<boolean> =>
  JSON.stringify(await counts(handler)) === JSON.stringify({ running: 0, waiting: 0 });

describe("a queue", () => {
  it("runs as many as there are workers, lets as many wait as may, and tells others to come again", async () => {
    const models = [played(), played()];
    const handler = createHandler({ models: { played: models }, queue: 3 });
    const asked = Array.from({ length: 8 }, () => ask(handler, { max_tokens: 40, stream: true }));
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 429, 429, 429]);
    const full = answers.find(({ status }) => status === 429);
    expect(Number(full!.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await wrongOf(full!)).toMatchObject({ type: "rate_limit_error", code: "queue_full" });
    expect(await counts(handler)).toEqual({ running: 2, waiting: 3 });
    await Promise.all(answers.filter(({ status }) => status === 200).map(async (answer) => answer.text()));
    await until(() => isIdle(handler));
    expect(models.map(({ seen }) => seen.most)).toEqual([1, 1]);
    expect(models.reduce((sum, { seen }) => sum + seen.ended, 0)).toBe(5);
  });

  it("forgets who left while they waited, and frees the place of who left within", async () => {
    const model = played();
    const handler = createHandler({ models: { played: model }, queue: 9 });
    const stops = [0, 1, 2, 3].map(() => new AbortController());
    const answers = stops.map(({ signal }, index) =>
      ask(handler, { max_tokens: 1e5, stream: index % 2 === 0 }, signal).then(async (answer) => answer.text()),
    );
    for (const answer of answers) answer.catch(() => {});
    await until(async () => JSON.stringify(await counts(handler)) === JSON.stringify({ running: 1, waiting: 3 }));
    for (const stop of stops.slice(1)) stop.abort();
    await until(async () => JSON.stringify(await counts(handler)) === JSON.stringify({ running: 1, waiting: 0 }));
    stops[0]!.abort();
    await until(() => isIdle(handler));
    expect(model.seen).toMatchObject({ running: 0, ended: 1 });
  });

  it("ends a stream whose reader cancels it", async () => {
    const model = played();
    const handler = createHandler({ models: { played: model } });
    const { body } = await ask(handler, { max_tokens: 1e5, stream: true });
    const reader = body!.getReader();
    await reader.read();
    await reader.cancel();
    await until(() => isIdle(handler));
    expect(model.seen.running).toBe(0);
  });

  it("waits for a reader that is slow, and leaves one that reads nothing", async () => {
    const model = played(0);
    const handler = createHandler({ models: { played: model }, stallTimeout: 150 });
    const slow = await ask(handler, { max_tokens: 60, stream: true });
    const reader = slow.body!.getReader();
    let events = 0;
    for (;;) {
      const { done } = await reader.read();
      if (done) break;
      events += 1;
      if (events % 10 === 0) await sleep(40);
    }
    // Sixty pieces, an end and [DONE].
    expect(events).toBe(62);
    const unread = await ask(handler, { max_tokens: 1e5, stream: true });
    await until(() => isIdle(handler));
    expect(model.seen).toMatchObject({ running: 0, ended: 2 });
    // It had not run far ahead of its reader.
    expect(model.seen.pieces).toBeLessThan(60 + 50);
    await expect(unread.text()).rejects.toThrow("the client must read, got nothing read in 150 ms");
  });

  it("closes in the midst of everything", async () => {
    const models = [played(), played()];
    const handler = createHandler({ models: { played: models } });
    const streams = await Promise.all([0, 1, 2].map(() => ask(handler, { max_tokens: 1e5, stream: true })));
    const whole = ask(handler, { max_tokens: 1e5 });
    await until(() => models.every(({ seen }) => seen.running === 1));
    await handler.close();
    expect(models.map(({ seen }) => seen.running)).toEqual([0, 0]);
    for (const stream of streams) await expect(stream.text()).rejects.toThrow("it was closed");
    expect(await wrongOf(await whole)).toMatchObject({ status: 503, code: "closing" });
    const after = await ask(handler, {});
    expect(await wrongOf(after)).toMatchObject({ status: 503, code: "closing" });
  });
});
