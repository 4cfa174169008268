/** Attentions of layers that differ, of other caches and of exports; and what is refused. Against plain loops: attentions.slow.test.ts. */
import { cpu } from "@ropewalk/backend-node";
import { compose, logN, selfExtend, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { multiStepGraph, decoderGraph, extendDecoder } from "@ropewalk/decoder";
import { attentionEntropy } from "@ropewalk/entropy-scaling";
import { encode } from "@ropewalk/graph";
import { loadCheckpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { extendFolder } from "@ropewalk/onnx-exports/node";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { inRepository } from "@ropewalk/testing/repository";
import { modelVectors, onnxExports } from "@ropewalk/testing/vectors";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stories260K } from "@ropewalk/tiny-models";
import { loadModel, type LanguageModel } from "../../src/index.ts";

const backend = cpu({ threads: 1 });
const vectors = (path: string): URL => inRepository(`${modelVectors}/${path}/`);
const someIds = (length: number): readonly number[] => Array.from({ length }, (_, at) => 3 + ((at * 37) % 90));

/** That entropies are those of the maps, maps are of weights that sum to 1, and neither depends on the chunks, or on being asked for. */
const expectConsistent = async (model: LanguageModel, ids: readonly number[], within: number): Promise<void> => {
  const { numLayers, numHeads } = model.extended.decoder;
  const logits = await model.logits(ids);
  for (const chunkSize of [ids.length, 5]) {
    const maps = await model.attentions(ids, { what: "maps", chunkSize });
    const entropies = await model.attentions(ids, { what: "entropies", chunkSize });
    expect(maps.map(({ layer }) => layer)).toEqual(Array.from({ length: numLayers }, (_, layer) => layer));
    maps.forEach(({ dims, data }, layer) => {
      expect(dims).toEqual([numHeads, ids.length, ids.length]);
      const own = attentionEntropy({ keyLen: ids.length }, data);
      expect(largestDifference(entropies[layer]!.data, own)).toBeLessThan(2e-5);
      data.forEach((weight, at) => {
        const [i, j] = [Math.floor(at / ids.length) % ids.length, at % ids.length];
        if (j > i && weight !== 0) throw new Error(`query ${i} must not see key ${j}, got ${weight}`);
      });
    });
    const whole = await model.attentions(ids, { what: "maps" });
    maps.forEach(({ data }, layer) => expect(largestDifference(data, whole[layer]!.data)).toBeLessThan(within));
    const given: number[] = [];
    const options = { what: "entropies", logits: true, layers: [0], chunkSize } as const;
    await model.visitAttentions(ids, (chunk) => void given.push(...chunk.logits!), options);
    expect(largestDifference(given, logits)).toBeLessThan(within * 100);
  }
};

const extensions: readonly (readonly [string, ContextExtension])[] = [
  ["as it is", {}],
  ["SelfExtend with log-n", compose(selfExtend({ groupSize: 4, window: 12 }), logN({ trainedContext: 16 }))],
  ["sinks, under masks", withPositions({ kind: "sinks", sinks: 2, window: 10 })],
];

describe.each(["gemma2", "qwen2-mixed", "smollm3"])("layers that differ: %s", (family) => {
  let loaded: LanguageModel;
  beforeAll(async () => void (loaded = await loadModel(vectors(`layered/${family}`), { backend })));
  afterAll(() => loaded.release());

  it.each(extensions)("%s", async (_, extension) => {
    await expectConsistent(await loaded.withExtension(extension), someIds(70), 1e-5);
  });

  it("a layer with a window has the weight 0 behind it", async () => {
    const windows = loaded.extended.groups.flatMap(({ layers, attentionPath }) =>
      attentionPath.kind === "window" ? layers.map((layer) => ({ layer, window: attentionPath.window })) : [],
    );
    const ids = someIds(70);
    for (const { layer, window } of windows) {
      const [map] = await loaded.attentions(ids, { what: "maps", layers: [layer], chunkSize: 3 });
      const seen = map!.data.reduce((most, weight, at) => {
        const [i, j] = [Math.floor(at / ids.length) % ids.length, at % ids.length];
        return weight > 0 ? Math.max(most, i - j) : most;
      }, 0);
      expect(seen).toBe(window - 1);
    }
    expect(windows.length > 0).toBe(family !== "smollm3");
  });
});

it("a cache in 8 bits gives those of what it holds, near those of float32", async () => {
  const ids = Array.from({ length: 300 }, (_, at) => 3 + ((at * 37) % 400));
  const extension = selfExtend({ groupSize: 8, window: 32 });
  const [small, full] = await Promise.all(
    (["q8", "float32"] as const).map((cache) => loadModel(stories260K.url, { backend, cache, extension })),
  );
  const maps = await small!.attentions(ids, { what: "maps", chunkSize: 1, layers: [4] });
  const own = attentionEntropy({ keyLen: ids.length }, maps[0]!.data);
  for (const chunkSize of [1, 32]) {
    const [wide, rounded] = await Promise.all(
      [full!, small!].map((model) => model.attentions(ids, { what: "entropies", chunkSize, layers: [4] })),
    );
    const off = rounded![0]!.data.map((entropy, at) => Math.abs(entropy - wide![0]!.data[at]!));
    const mean = off.reduce((sum, each) => sum + each, 0) / off.length;
    expect(mean).toBeLessThan(0.01);
    expect(mean).toBeGreaterThan(0);
    if (chunkSize === 1) expect(largestDifference(rounded![0]!.data, own)).toBeLessThan(2e-5);
  }
  await Promise.all([small!.release(), full!.release()]);
});

describe("an ONNX export", () => {
  const folder = inRepository(`${onnxExports}/genai-cpu-llama/`);
  const scratch = scratchFolder();
  afterAll(() => rmSync(scratch, { recursive: true }));

  it("gives them on the cache of this package as well", async () => {
    const model = await loadModel(folder, { backend, model: "model.onnx" });
    for (const [, extension] of extensions)
      await expectConsistent(await model.withExtension(extension), someIds(50), 1e-5);
    await model.release();
  });

  it("that was written for generation refuses them by name", async () => {
    const target = join(scratch, "written");
    await extendFolder({ extension: {}, runtime: "ropewalk", model: "model.onnx" }, fileURLToPath(folder), target);
    const model = await loadModel(target, { backend });
    await expect(model.attentions([5, 6], { what: "maps" })).rejects.toThrow(
      /^loadExport: a model that was written for generation must be run without attentions, which it does not give out, got maps; load the export itself$/,
    );
    await model.release();
  });
});

describe("refused:", () => {
  let model: LanguageModel;
  beforeAll(async () => void (model = await loadModel(stories260K.url, { backend })));
  afterAll(() => model.release());

  it.each<readonly [unknown, string]>([
    [undefined, "attentions: options must be an object, got nothing"],
    [{}, "attentions: what must be one of maps, entropies, got nothing"],
    [{ what: "map" }, 'attentions: what must be one of maps, entropies (maps is meant?), got "map"'],
    [{ output_attentions: true }, 'got "output_attentions"; what is meant?'],
    [{ what: "maps", layers: 1 }, "attentions: layers must be an array, got 1"],
    [{ what: "maps", layers: [] }, "attentions: layers must hold at least 1, got 0"],
    [{ what: "maps", layers: [0, 5] }, "attentions: layers[1] must be an integer from 0 to 4, got 5"],
    [{ what: "maps", layers: [-1] }, "attentions: layers[0] must be an integer from 0 to 4, got -1"],
    [{ what: "maps", layers: ["0"] }, 'attentions: layers[0] must be a number, got "0"'],
    [{ what: "maps", layers: [2, 0, 2] }, "attentions: layers must name a layer once, got 2 twice"],
    [{ what: "maps", chunkSize: 0 }, "attentions: chunkSize must be a positive integer, got 0"],
    [{ what: "maps", logits: 1 }, "attentions: logits must be true or false, got 1"],
  ])("options %j", async (options, words) => {
    await expect(model.attentions([5], options as never)).rejects.toThrow(words);
  });

  it("ids, visitors, and a model that is released", async () => {
    await expect(model.attentions([], { what: "maps" })).rejects.toThrow(
      "attentions: ids must hold at least 1 token, got 0",
    );
    await expect(model.visitAttentions([5], undefined as never, { what: "maps" })).rejects.toThrow(
      "visitAttentions: visit must be a function, got nothing",
    );
    const many = Array<number>(70_000).fill(5);
    await expect(model.attentions(many, { what: "maps", layers: [0] })).rejects.toThrow(
      "attentions: ids must be few enough for 156800000000 bytes a layer, got 70000; visitAttentions hands them out chunk by chunk",
    );
    const gone = await loadModel(stories260K.url, { backend });
    await gone.release();
    await expect(gone.attentions([5], { what: "maps" })).rejects.toThrow("attentions: the model must not be released");
  });

  it("a run that is aborted, and one goes on behind it", async () => {
    const stop = new AbortController();
    const done: number[] = [];
    const options = { what: "entropies", chunkSize: 4, signal: stop.signal } as const;
    const run = model.visitAttentions(
      someIds(40),
      ({ start }) => void (done.push(start) === 3 && stop.abort(new Error("enough"))),
      options,
    );
    await expect(run).rejects.toThrow("enough");
    expect(done).toEqual([0, 4, 8]);
    expect(await model.attentions([5], { what: "entropies", layers: [3] })).toMatchObject([{ layer: 3, dims: [8, 1] }]);
  });
});

describe("the graph", () => {
  it("has nothing of them unless they are asked for, of the layers that are, and none is put into a loop of steps", async () => {
    const checkpoint = await loadCheckpoint(await openFolder(stories260K.url));
    const extended = extendDecoder(checkpoint.decoder, selfExtend({ groupSize: 4, window: 16 }));
    for (const operators of ["all", "plain"] as const) {
      const bare = decoderGraph(extended, checkpoint, { operators });
      const attentions = { what: "entropies", layers: [1, 3] } as const;
      const asked = decoderGraph(extended, checkpoint, { operators, attentions });
      const names = ({ graph }: typeof bare): readonly string[] => graph!.output.map(({ name }) => name);
      expect(names(asked).filter((name) => !names(bare).includes(name))).toEqual(
        [1, 3].map((layer) => `layers.${layer}.attentions`),
      );
      expect(Buffer.from(encode(bare)).includes("attentions")).toBe(false);
      const layer = ({ graph }: typeof bare, index: number): number =>
        graph!.node.filter(({ name }) => name.includes(`/layers.${index}/`)).length;
      expect([0, 2, 4].map((index) => layer(asked, index))).toEqual([0, 2, 4].map((index) => layer(bare, index)));
      expect(() => multiStepGraph(checkpoint.decoder, asked)).toThrow(
        'multiStepGraph: chunk must give no attentions out, whose keys grow step by step, got "layers.1.attentions"',
      );
    }
  });
});
