/** What a run's graph gave is freed once it is in the cache; what a caller appends stays the caller's. */
import { float32, type HostTensor, type Session, type Tensor } from "@ropewalk/backend";
import { hostBuffer } from "@ropewalk/backend/host";
import { decoderGraph, extendDecoder } from "@ropewalk/decoder";
import { expect, it } from "vitest";
import { appendToCache, createCache, prefill, releaseCache, runChunk, type KeyValueCache } from "../../src/index.ts";
import { checkpoint, decoder, extensions, sessionOf } from "../layouts.ts";

const extended = extendDecoder(decoder, extensions["near and far"]!);
const empty = (): KeyValueCache => createCache({ name: "memory", allocate: hostBuffer }, extended, { length: 60 });
const graph = decoderGraph({ ...extended, decoder }, checkpoint);
const ids = Array.from({ length: 40 }, (_, token) => 3 + token);

/** The contents of all buffers. */
const contents = ({ groups }: KeyValueCache): readonly unknown[] =>
  groups.flatMap(({ stretches }) =>
    stretches.flatMap(({ layers }) =>
      layers.flat().flatMap(({ buffers }) => buffers.map((each) => (each.view(0, [each.length]) as HostTensor).data)),
    ),
  );

/** A session whose outputs hold numbers, as `form` gives them. */
const session = (form: (all: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>): Session => {
  const plain = sessionOf(graph, undefined, (data, name) => data.fill(name.length));
  return { ...plain, run: async (feeds, fetches) => form(await plain.run(feeds, fetches)) };
};

// Node's types do not name it.
const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: new (size: object) => { buffer: ArrayBuffer } } })
  .WebAssembly;

const afterRun = async (own: Session): Promise<KeyValueCache> => {
  const { cache } = await prefill(own, empty(), ids, { chunkSize: 7 });
  return (await runChunk(own, cache, [5], [0])).cache;
};

it("a run frees what its graph gave and nothing else", async () => {
  const given: Readonly<Record<string, Tensor>>[] = [];
  const cache = await afterRun(session((all) => (given.push(all), all)));
  for (const all of given)
    for (const [name, tensor] of Object.entries(all) as readonly (readonly [string, HostTensor])[])
      expect([name, tensor.data.length === 0]).toEqual([name, cache.appended.includes(name)]);
  releaseCache(cache);
});

it("the cache is the same where results are parts of one buffer, or lie in shared or WebAssembly's memory", async () => {
  const wanted = await afterRun(session((all) => all));
  const memories: readonly ((bytes: number) => ArrayBufferLike)[] = [
    (bytes) => new ArrayBuffer(bytes),
    (bytes) => new SharedArrayBuffer(bytes),
    (bytes) => new Memory({ initial: Math.ceil(bytes / 65_536) }).buffer,
  ];
  for (const memory of memories) {
    const cache = await afterRun(
      session((all) => {
        const tensors = Object.entries(all) as readonly (readonly [string, HostTensor])[];
        const pool = memory(tensors.reduce((sum, [, { data }]) => sum + data.byteLength, 0));
        let at = 0;
        return Object.fromEntries(
          tensors.map(([name, { dims, data, type }]) => {
            if (type !== "float32") return [name, all[name]!];
            const part = new Float32Array(pool as ArrayBuffer, at, data.length);
            part.set(data as Float32Array);
            at += data.byteLength;
            return [name, float32(dims, part)];
          }),
        );
      }),
    );
    expect(contents(cache)).toEqual(contents(wanted));
    releaseCache(cache);
  }
  releaseCache(wanted);
});

it("appendToCache leaves its results to the caller, one tensor for all outputs too", () => {
  const { numKvHeads, headDim } = decoder;
  const rows = float32([1, numKvHeads, 8, headDim], new Float32Array(numKvHeads * 8 * headDim).fill(2));
  let cache = empty();
  for (let times = 0; times < 3; times++)
    cache = appendToCache(cache, ids.slice(0, 8), Object.fromEntries(cache.appended.map((name) => [name, rows])));
  expect([cache.length, rows.data.length]).toEqual([24, numKvHeads * 8 * headDim]);
  releaseCache(cache);
});
