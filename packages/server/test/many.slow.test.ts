/** 200 requests from 20 clients, of which a third go away midway, on two workers. */
import { expect, it } from "vitest";
import { askable, askMany, prefixBytesOf, startWorkers, stateOf } from "./many.ts";

it("all who stay are answered right, and nothing of who left is left", async () => {
  const cacheBytes = 4_000_000;
  const [questions, { url, close }] = await Promise.all([askable(), startWorkers(cacheBytes)]);
  try {
    const { right, left, wrong } = await askMany(url, questions, { requests: 200, clients: 20 });
    expect(wrong).toEqual([]);
    expect({ right, left }).toEqual({ right: 133, left: 67 });
    expect(await stateOf(url)).toEqual({ running: 0, waiting: 0 });
    expect(await prefixBytesOf(url)).toBeLessThanOrEqual(cacheBytes);
  } finally {
    await close();
  }
});
