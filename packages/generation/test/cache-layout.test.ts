/** What attention declares and what the cache feeds are one list: of every way to attend, in every format, at any length of a run. */
import type { HostTensor, Session } from "@ropewalk/backend";
import { hostBuffer } from "@ropewalk/backend/host";
import { selfExtend, slidingWindow, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import {
  cacheFormats,
  cachePrecisions,
  decoderGraph,
  extendDecoder,
  decoderInputs,
  decoderOutputs,
} from "@ropewalk/decoder";
import { valueOfInfo, type ModelProto } from "@ropewalk/graph";
import type { Checkpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { describe, expect, it } from "vitest";
import { cacheBytes, createCache, plannedCacheBytes, prefill, releaseCache, runChunk } from "../src/index.ts";
import { openModel } from "../src/open.ts";
import { stories260K } from "./load.ts";

const memory = { name: "memory", allocate: hostBuffer };

const { source } = await openModel(await openFolder(stories260K.url));
const { decoder, ...checkpoint } = source as Checkpoint;
const { rope } = decoder;

/** Layers that see everything, a window, and no rotation. */
const mixed = {
  ...decoder,
  attention: Array.from({ length: decoder.numLayers }, (_, layer) =>
    layer % 2 === 0 ? { rope: layer === 2 ? undefined : rope, slidingWindow: undefined } : { rope, slidingWindow: 24 },
  ),
};

const extensions: Readonly<Record<string, ContextExtension>> = {
  "one band": {},
  "a window": slidingWindow({ window: 20 }),
  "near and far": selfExtend({ groupSize: 8, window: 20 }),
  "near and far, keys once": withPositions({ kind: "string", shiftFrom: 21, window: 8 }),
  "by chunks": withPositions({ kind: "dual-chunk", chunkSize: 50, localSize: 10 }),
  "under masks": withPositions({ kind: "sinks", sinks: 4, window: 30 }),
};

/** Computes nothing: gives zeros of the shapes that the graph says, and holds what it is fed to its inputs. */
const sessionOf = ({ graph }: ModelProto, seen: string[]): Session => {
  const declared = graph!.input.map(valueOfInfo);
  const given = new Map(graph!.output.map(valueOfInfo).map((value) => [value.name, value]));
  return {
    inputs: declared.map(({ name }) => name),
    outputs: [...given.keys()],
    release: async () => {},
    run: async (feeds, { read, keep = [] }) => {
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
      const tensor = (name: string): HostTensor => {
        const { type, dims } = given.get(name)!;
        const shape = dims!.map((dim) =>
          typeof dim === "number"
            ? dim
            : dim === "rows"
              ? feeds[decoderInputs.logitRows]!.dims[0]!
              : feeds[decoderInputs.ids]!.dims[0]!,
        );
        const size = shape.reduce((product, axis) => product * axis, 1);
        const data = type === "float16" ? new Uint16Array(size) : new Float32Array(size);
        return { place: "host", type: type as "float32" | "float16", dims: shape, data };
      };
      return Object.fromEntries([...read, ...keep].map((name) => [name, tensor(name)]));
    },
  };
};

describe.each(cachePrecisions)("a cache in %s", (cache) => {
  it.each(Object.entries(extensions))("is what the graph reads: %s", async (_, extension) => {
    const { settledOnly, operators } = cacheFormats[cache];
    for (const of of [decoder, mixed]) {
      const settling = (): boolean => {
        const { groups } = extendDecoder(of, extension);
        return groups.some(({ layout }) => layout.kind !== "window" && layout.kind !== "masked");
      };
      if (settledOnly && !settling()) continue;
      const extended = extendDecoder(of, extension, { cache });
      const graph = decoderGraph({ ...extended, decoder: of }, checkpoint, { operators: operators[0]! });
      const seen: string[] = [];
      const session = sessionOf(graph, seen);
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
