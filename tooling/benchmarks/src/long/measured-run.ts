/**
 * One long run in a process of its own: a prompt is read chunk by chunk, and at each doubling of its length a few steps are decoded behind it.
 * `filled` puts noise in place of all keys and values but those of the last chunks before each of these lengths: they cost the same to read.
 * Prints a line of JSON for each chunk and each of these lengths.
 */
import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import {
  appendToCache,
  createCache,
  forkCache,
  loadModel,
  plannedCacheBytes,
  prefill,
  releaseCache,
  runChunk,
  type KeyValueCache,
} from "@ropewalk/generation";
import { tokens } from "@ropewalk/testing/numbers/noise";
import { noiseRows } from "../measuring/filled-cache.ts";
import { peakBytes } from "../measuring/peak-memory.ts";
import { chunkLength, firstLength, window, type LongLine } from "./lines.ts";

const steps = 20;
/** Chunks that are run before a length where the others are noise. */
const runChunks = 4;

const [folder, length, threads, how] = process.argv.slice(2) as [string, string, string, "read" | "filled"];
const context = Number(length);

const say = (line: LongLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Milliseconds that the processor spent on it, in all threads. */
const processorTime = async (run: () => Promise<void>): Promise<number> => {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

const model = await loadModel(folder, {
  backend: cpu({ threads: Number(threads) }),
  cache: "q8",
  extension: selfExtend({ groupSize: Math.ceil(context / window), window }),
});
const { session, backend, extended } = model;
const ids = tokens(extended.decoder.vocabSize, chunkLength);

/** Steps behind a cache, on a fork of it, so that the prompt goes on in whole chunks. */
const stepsBehind = async (cache: KeyValueCache): Promise<readonly number[]> => {
  let fork = forkCache(cache);
  const times: number[] = [];
  for (let step = 0; step < steps; step++)
    times.push(await processorTime(async () => void ({ cache: fork } = await runChunk(session, fork, [3], [0]))));
  releaseCache(fork);
  return times;
};

const noise = noiseRows(model, chunkLength);
let cache = createCache(backend, extended, { length: context });
say({ kind: "start", bytes: process.memoryUsage().rss });
for (let next = firstLength; cache.length < context;) {
  if (how === "filled" && cache.length < next - runChunks * chunkLength) {
    cache = appendToCache(cache, ids, Object.fromEntries(cache.appended.map((output) => [output, noise])));
    continue;
  }
  const time = await processorTime(async () => void ({ cache } = await prefill(session, cache, ids)));
  say({ kind: "chunk", tokens: cache.length, time });
  if (cache.length < next) continue;
  next *= 2;
  const bytes = process.memoryUsage().rss;
  const stepTimes = await stepsBehind(cache);
  const cacheBytes = plannedCacheBytes(extended, { length: cache.length });
  say({ kind: "length", tokens: cache.length, bytes, peakBytes: peakBytes(), cacheBytes, stepTimes });
}
releaseCache(cache);
await model.release();
