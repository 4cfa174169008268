/** What attention declares and what the cache feeds are one list: of every way to attend, in every format, at any length of a run. */
import type { Tensor } from "@ropewalk/backend";
import { hostBuffer } from "@ropewalk/backend/host";
import { cacheFormats, cachePrecisions, decoderGraph, extendDecoder, decoderOutputs } from "@ropewalk/decoder";
import { describe, expect, it } from "vitest";
import { cacheBytes, createCache, plannedCacheBytes, prefill, releaseCache, runChunk } from "../../src/index.ts";
import { checkpoint, decoder, extensions, mixed, sessionOf, type Declared } from "../layouts.ts";

const memory = { name: "memory", allocate: hostBuffer };

/** Holds what is fed to the inputs, and takes note of those of the cache. */
const watching =
  (seen: string[]) =>
  (feeds: Readonly<Record<string, Tensor>>, declared: readonly Declared[]): void => {
    expect(Object.keys(feeds).toSorted()).toEqual(declared.map(({ name }) => name).toSorted());
    const sizes = new Map<string, number>();
    for (const { name, type, dims } of declared) {
      const fed = feeds[name]!;
      expect([name, fed.type, fed.dims.length]).toEqual([name, type, dims!.length]);
      dims!.forEach((dim, axis) => {
        const size = fed.dims[axis]!;
        // A size that has a name is the same wherever that stands.
        const known = typeof dim === "number" ? dim : (sizes.get(dim!) ?? size);
        if (typeof dim === "string") sizes.set(dim, known);
        expect([name, axis, size]).toEqual([name, axis, known]);
      });
      if (name.startsWith("layers.")) seen.push(name);
    }
  };

describe.each(cachePrecisions)("a cache in %s", (cache) => {
  it.each(Object.entries(extensions))("is what the graph reads: %s", async (_, extension) => {
    const { settledOnly, operators } = cacheFormats[cache];
    for (const of of [decoder, mixed]) {
      const settling = (): boolean => {
        const { groups } = extendDecoder(of, extension);
        return groups.some(({ attentionPath }) => attentionPath.kind !== "window" && attentionPath.kind !== "masked");
      };
      if (settledOnly && !settling()) continue;
      const extended = extendDecoder(of, extension, { cache });
      const graph = decoderGraph({ ...extended, decoder: of }, checkpoint, { operators: operators[0]! });
      const seen: string[] = [];
      const session = sessionOf(graph, watching(seen));
      const ids = Array.from({ length: 333 }, (__, token) => 3 + (token % 90));
      let held = createCache(memory, extended, { length: 20 });
      ({ cache: held } = await prefill(session, held, ids, { chunkSize: 16 }));
      for (const id of [5, 6, 7]) ({ cache: held } = await runChunk(session, held, [id], [0]));
      expect(held.appended.toSorted()).toEqual(
        session.outputs
          .filter((name) => name !== decoderOutputs.logits && name !== decoderOutputs.likeliest)
          .toSorted(),
      );
      expect(new Set(seen)).toEqual(new Set(session.inputs.filter((name) => name.startsWith("layers."))));
      releaseCache(held);
      const planned = createCache(memory, extended, { length: 333 });
      const { cache: full } = await prefill(session, planned, ids);
      expect(cacheBytes(full)).toBe(plannedCacheBytes(extended, { length: 333 }));
      releaseCache(full);
    }
  });
});
