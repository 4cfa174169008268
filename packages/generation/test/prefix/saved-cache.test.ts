/** A cache in a file is the cache, to the bit: of every way to attend, in every format, on a backend whose memory JavaScript cannot touch too. */
import type { Backend, TensorBuffer, HostTensor, Session } from "@ropewalk/backend";
import { hostBuffer } from "@ropewalk/backend/host";
import { cacheFormats, cachePrecisions, decoderGraph, extendDecoder, type ExtendedDecoder } from "@ropewalk/decoder";
import { createHash } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCache, forkCache, prefill, releaseCache, type KeyValueCache } from "../../src/index.ts";
import { storedArrays } from "../../src/cache/stored-arrays.ts";
import { savedPrefixFacts } from "../../src/prefix/saved-prefix-facts.ts";
import { openPrefix } from "../../src/prefix/open-file.ts";
import { prefixOf, type Reader } from "../../src/prefix/read-prompt.ts";
import { checkpoint, decoder, extensions, mixed, sessionOf } from "../layouts.ts";

/** Nothing of it can be read but by a graph. */
const device = () => {
  const inner = new Map<object, HostTensor>();
  const counts = { runs: 0, live: 0 };
  const away = (buffer: TensorBuffer): TensorBuffer => ({
    ...buffer,
    view: (offset, dims) => {
      const tensor = buffer.view(offset, dims) as HostTensor;
      const handle = {};
      inner.set(handle, tensor);
      return { place: "device", type: tensor.type, dims, handle };
    },
    write: (source, copy) => buffer.write("place" in source ? source : (buffers.get(source) ?? source), copy),
    release: () => {
      counts.live -= 1;
    },
  });
  const buffers = new Map<TensorBuffer, TensorBuffer>();
  const allocate: Backend["allocate"] = (length, type) => {
    const buffer = hostBuffer(length, type);
    const outside = away(buffer);
    buffers.set(outside, buffer);
    counts.live += 1;
    return outside;
  };
  const createSession = async (): Promise<Session> => ({
    inputs: ["x"],
    outputs: ["y"],
    release: async () => {},
    run: async ({ x }) => {
      counts.runs += 1;
      const { type, dims, data } = inner.get((x as { readonly handle: object }).handle)!;
      return { y: { place: "host", type, dims, data: data.slice() as HostTensor["data"] } };
    },
  });
  return { backend: { name: "device", allocate, createSession } as unknown as Backend, counts };
};

const host = { name: "memory", allocate: hostBuffer } as unknown as Backend;

let folder = "";
beforeAll(() => void (folder = scratchFolder()));
afterAll(() => rmSync(folder, { recursive: true }));

const readerOf = (backend: Backend, extended: ExtendedDecoder, session?: Session): Reader =>
  ({
    graph: { backend, extended, session, stopTokens: [] },
    loaded: { life: {}, prefixes: new Set(), fingerprint: async () => "the weights" },
    extension: {},
  }) as unknown as Reader;

/** Of each array its name, its shape, and the hash of its elements, in the order of a file. */
const elementsOf = (cache: KeyValueCache): readonly (readonly [string, readonly number[], string])[] =>
  storedArrays(cache).map(({ name, dims, buffer, runs }) => {
    const hash = createHash("sha1");
    for (const { from, length } of runs) hash.update((buffer.view(from, [length]) as HostTensor).data as Float32Array);
    return [name, dims, hash.digest("hex")];
  });

/** Numbers that are never twice the same. */
const drawn = () => {
  let state = 1;
  return (data: Float32Array | Uint16Array): void => {
    for (let at = 0; at < data.length; at++) {
      state = (state * 1103515245 + 12345) % 2147483648;
      data[at] = data instanceof Uint16Array ? state % 30000 : state / 2147483648 - 0.5;
    }
  };
};

const ids = (length: number): readonly number[] => Array.from({ length }, (_, token) => 3 + (token % 90));

describe.each(cachePrecisions)("a cache in %s", (precision) => {
  const { settledOnly, operators } = cacheFormats[precision];
  it.each(Object.entries(extensions))("is itself when it was in a file: %s", async (name, extension) => {
    for (const { layers, of, lengths } of [
      { layers: "alike", of: decoder, lengths: [50] },
      { layers: "mixed", of: mixed, lengths: [1, 333] },
    ]) {
      const groups = extendDecoder(of, extension).groups;
      if (
        settledOnly &&
        groups.every(({ attentionPath }) => attentionPath.kind === "window" || attentionPath.kind === "masked")
      )
        continue;
      const extended = { ...extendDecoder(of, extension, { cache: precision }), name: "m" };
      const graph = decoderGraph({ ...extended, decoder: of }, checkpoint, { operators: operators[0]! });
      const session = sessionOf(graph, undefined, drawn());
      for (const length of lengths) {
        const empty = createCache(host, extended, { length: 20 });
        const { cache } = await prefill(session, empty, ids(length), { chunkSize: 16 });
        const path = join(folder, `${precision} ${name} ${layers} ${length}.kv`);
        const saved = prefixOf(readerOf(host, extended), [...ids(length), 7], cache);
        const bytes = await saved.save(path);
        expect(statSync(path).size).toBe(bytes);
        // What is in use alone.
        const arrays = storedArrays(cache);
        const { numKvHeads, headDim } = of;
        const rotations = Math.max(
          ...extended.groups.flatMap(({ attentionPath }) =>
            "bands" in attentionPath ? attentionPath.bands.length : 2,
          ),
        );
        expect(bytes).toBeLessThan(
          12_000 + 4 * length + 4 * of.numLayers * length * (1 + rotations) * numKvHeads * headDim + 4096,
        );
        expect(await savedPrefixFacts(path)).toMatchObject({
          model: "m",
          cache: precision,
          ids: [...ids(length), 7],
          bytes,
        });

        const opened = await openPrefix(readerOf(host, extended), path);
        expect(opened.ids).toEqual(saved.ids);
        expect(opened.cache.groups.map(({ settled }) => settled)).toEqual(cache.groups.map(({ settled }) => settled));
        expect(elementsOf(opened.cache)).toEqual(elementsOf(cache));
        expect(arrays.length).toBe(storedArrays(opened.cache).length);
        // And goes on as the other does.
        const [one, other] = await Promise.all(
          [cache, opened.cache].map(async (from) => {
            const on = sessionOf(graph, undefined, drawn());
            return (await prefill(on, forkCache(from), ids(40), { chunkSize: 20 })).cache;
          }),
        );
        expect(elementsOf(other!)).toEqual(elementsOf(one!));
        for (const each of [one!, other!]) releaseCache(each);
        saved.release();
        opened.release();
      }
    }
  });
});

it("is read from a device, and brought to one, by a graph; its memory is given back", async () => {
  const extended = { ...extendDecoder(decoder, extensions["near and far"]!), name: "m" };
  const session = sessionOf(decoderGraph({ ...extended, decoder }, checkpoint), undefined, drawn());
  const { cache } = await prefill(session, createCache(host, extended, { length: 20 }), ids(150));
  const path = join(folder, "device.kv");
  await prefixOf(readerOf(host, extended), [...ids(150), 7], cache).save(path);
  const { backend, counts } = device();
  const there = await openPrefix(readerOf(backend, extended), path);
  const before = counts.runs;
  const again = join(folder, "again.kv");
  expect(await there.save(again)).toBe(statSync(path).size);
  expect(counts.runs).toBeGreaterThan(before);
  const back = await openPrefix(readerOf(host, extended), again);
  expect(elementsOf(back.cache)).toEqual(elementsOf(cache));
  expect(counts.live).toBeGreaterThan(0);
  there.release();
  expect(counts.live).toBe(0);
});

it("of a fork has what it shares and what waits behind it", async () => {
  const extended = { ...extendDecoder(decoder, extensions["near and far"]!), name: "m" };
  const graph = decoderGraph({ ...extended, decoder }, checkpoint);
  const session = sessionOf(graph, undefined, drawn());
  const { cache } = await prefill(session, createCache(host, extended, { length: 20 }), ids(900));
  const { cache: fork } = await prefill(session, forkCache(cache), ids(300), { chunkSize: 16 });
  // More than a block waits to settle.
  expect(fork.length - fork.groups[0]!.settled).toBeGreaterThan(300);
  const path = join(folder, "fork.kv");
  const saved = prefixOf(readerOf(host, extended), [...fork.ids, 7], fork);
  await saved.save(path);
  expect(fork.groups[0]!.settled).toBe(cache.groups[0]!.settled);
  const opened = await openPrefix(readerOf(host, extended), path);
  // Once nobody shares it, what waits settles; what was opened is shared by nobody.
  releaseCache(cache);
  expect(opened.cache.groups[0]!.settled).toBeGreaterThan(1100);
  expect(elementsOf(opened.cache)).toEqual(elementsOf(saved.cache));
});
