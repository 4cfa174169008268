/** The ids of a cache: a newer value never changes those of an older one, and a fork never those of another. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { appendToLog, idsOfLog, tokenLog, type TokenLog } from "../../src/cache/token-log.ts";
import { createCache, forkCache, prefill, releaseCache, resetCache, runChunk } from "../../src/index.ts";
import { stories260K } from "@ropewalk/tiny-models";
import { backends, load } from "../backends.ts";

const ids = fc.array(fc.nat(99), { maxLength: 5 });

describe("a log of tokens", () => {
  it("keeps its ids, whichever of its values others are appended to", () => {
    fc.assert(
      fc.property(ids, fc.array(fc.tuple(fc.nat(), ids), { maxLength: 30 }), (first, appends) => {
        const logs: { readonly log: TokenLog; readonly wanted: readonly number[] }[] = [
          { log: tokenLog(first), wanted: first },
        ];
        for (const [pick, more] of appends) {
          const { log, wanted } = logs[pick % logs.length]!;
          logs.push({ log: appendToLog(log, more), wanted: [...wanted, ...more] });
        }
        for (const { log, wanted } of logs) expect(idsOfLog(log)).toEqual(wanted);
      }),
    );
  });

  it("copies nothing where values follow one another", () => {
    let log = tokenLog([]);
    const { shared } = log;
    for (let id = 0; id < 100; id++) log = appendToLog(log, [id]);
    expect(log.shared).toBe(shared);
  });
});

it("ids that are held of a cache stay as they are, through runs, forks, and a reset", async () => {
  const model = await load(backends[0]!, stories260K);
  const { session, backend, extended } = model;
  const cache = createCache(backend, extended, { length: 64 });
  const read = await prefill(session, cache, [1, 403, 407]);
  const fork = forkCache(read.cache);
  const ran = await runChunk(session, read.cache, [261], [0]);
  const other = await runChunk(session, fork, [378, 5], [1]);
  const emptied = resetCache(ran.cache);
  const anew = await runChunk(session, emptied, [9], [0]);
  expect(cache.ids).toEqual([]);
  expect(read.cache.ids).toEqual([1, 403, 407]);
  expect(read.cache.ids).toBe(read.cache.ids);
  expect(fork.ids).toEqual([1, 403, 407]);
  expect(ran.cache.ids).toEqual([1, 403, 407, 261]);
  expect(other.cache.ids).toEqual([1, 403, 407, 378, 5]);
  expect(emptied.ids).toEqual([]);
  expect(anew.cache.ids).toEqual([9]);
  expect({ ...ran.cache }.ids).toEqual([1, 403, 407, 261]);
  releaseCache(anew.cache);
  releaseCache(other.cache);
  await model.release();
});
