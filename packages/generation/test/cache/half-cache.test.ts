/** Room of a cache in float16; what is computed with it is checked where a driver has float16. */
import { hostBuffer } from "@ropewalk/backend/host";
import { selfExtend, slidingWindow, type ContextExtension } from "@ropewalk/context-extension";
import { extendDecoder } from "@ropewalk/decoder";
import { tape } from "@ropewalk/graph";
import { openFolder } from "@ropewalk/models/node";
import { expect, it } from "vitest";
import { cacheBytes, createCache, plannedCacheBytes } from "../../src/index.ts";
import { cacheFeeds } from "../../src/cache/cache-feeds.ts";
import { graphsOf, type ModelSource } from "../../src/model/model-source.ts";
import { openModel } from "../../src/model/open-model.ts";
import { stories260K } from "@ropewalk/tiny-models";

const memory = { name: "memory", allocate: hostBuffer };

it.each<readonly [string, ContextExtension, number]>([
  ["one band", {}, 1],
  ["near and far", selfExtend({ groupSize: 8, window: 100 }), 28],
  ["a window", slidingWindow({ window: 200 }), 56],
])("has whole blocks in half the bytes: %s", async (_, extension, spare) => {
  const { source } = await openModel(await openFolder(stories260K.url));
  const [half, full] = (["float16", "float32"] as const).map((cache) =>
    extendDecoder(source.decoder, extension, { cache }),
  );
  for (const length of [1, 130, 700]) {
    const cache = createCache(memory, half!, { length });
    expect(cacheBytes(cache)).toBe(plannedCacheBytes(half!, { length }));
    const feeds = cacheFeeds(cache, { start: 0, length: 1 });
    for (const [name, tensor] of Object.entries(feeds).filter(([each]) => each.startsWith("layers.")))
      expect([name, tensor.type, tensor.dims[1]]).toEqual([name, "float16", /far_keys/.test(name) ? 1 : 128]);
  }
  // 640 tokens: the window is what is left over from whole blocks.
  const [less, more] = [half!, full!].map((extended) => plannedCacheBytes(extended, { length: 640 }));
  const { numLayers, numKvHeads, headDim } = source.decoder;
  const rings = half!.positions.bands.length + 1;
  const settling = half!.attentionPath.kind === "near-far" ? -2 * ((640 - 100 + 1) % 128) : 0;
  const tokens = half!.attentionPath.kind === "everything" ? 0 : rings * spare + settling;
  expect(less).toBe(more! / 2 + 2 * numLayers * numKvHeads * headDim * tokens);
});

it("is not for exports: a backend that computes in float16 refuses one by name", async () => {
  const { source } = await openModel(await openFolder(stories260K.url));
  const model = tape("exported").model();
  const graph = () => model;
  const read = {
    kind: "export",
    name: "model.onnx",
    decoder: source.decoder,
    graph,
    files: [],
  } as unknown as ModelSource;
  const traits = {
    name: "there",
    quantizedWeights: "kept",
    operators: "plain",
    attention: "operators",
    weightTypes: ["float32"],
  } as const;
  const load = (precision: "float32" | "float16") =>
    graphsOf(read, extendDecoder(source.decoder, {}, { cache: precision }), { ...traits, precision }).chunk();
  expect((await load("float32")).model).toBe(model);
  await expect(load("float16")).rejects.toThrow(
    /^loadModel: model\.onnx is an ONNX export, .* needs a backend with the precision float32, got there with float16$/,
  );
});
