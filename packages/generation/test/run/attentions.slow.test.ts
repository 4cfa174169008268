/** What queries attend to, as the graph gives it out, against plain loops from the weights. */
import {
  compose,
  entropyAbf,
  logN,
  selfExtend,
  slidingWindow,
  withPositions,
  type ContextExtension,
} from "@ropewalk/context-extension";
import { entropiesOf, plainMaps, type PairRule } from "@ropewalk/testing/plain-decoders/attention-maps";
import { inRepository } from "@ropewalk/testing/repository";
import { tinyCheckpoints } from "@ropewalk/testing/vectors";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { stories260K } from "@ropewalk/tiny-models";
import { loadModel, type LanguageModel } from "../../src/index.ts";
import { backends } from "../backends.ts";

const plain: PairRule = { pair: (i, j) => [i, j] };
const grouped: PairRule = {
  pair: (i, j) => (i - j < 16 ? [i, j] : [Math.floor(i / 4) + 12, Math.floor(j / 4)]),
};
const growing = (i: number): number => Math.max(1, Math.log(i + 1) / Math.log(20));

const cases: readonly (readonly [string, ContextExtension, PairRule])[] = [
  ["plain", {}, plain],
  ["SelfExtend", selfExtend({ groupSize: 4, window: 16 }), grouped],
  [
    "SelfExtend with log-n",
    compose(selfExtend({ groupSize: 4, window: 16 }), logN({ trainedContext: 20 })),
    { ...grouped, scale: growing },
  ],
  ["Entropy-ABF", entropyAbf({ trainedContext: 20, theta: 40_000 }), { ...plain, theta: 40_000, scale: growing }],
  [
    "sinks, under masks",
    withPositions({ kind: "sinks", sinks: 3, window: 20 }),
    { pair: (i, j) => (i - j < 20 ? [i, j] : j < 3 ? [19, 0] : undefined) },
  ],
  [
    "dual chunks",
    withPositions({ kind: "dual-chunk", chunkSize: 40, localSize: 12 }),
    {
      pair: (i, j) => {
        const ahead = Math.floor(i / 28) - Math.floor(j / 28);
        return [ahead === 0 ? i % 28 : ahead === 1 ? Math.min((i % 28) + 28, 40) : 40, j % 28];
      },
    },
  ],
  ["a sliding window", slidingWindow({ window: 24 }), { pair: (i, j) => (i - j < 24 ? [i, j] : undefined) }],
];

const tiny = inRepository(`${tinyCheckpoints}/llama/`);

const models = [
  { name: "tiny/llama", url: tiny, ids: Array.from({ length: 70 }, (_, at) => 3 + ((at * 37) % 120)) },
  // Long enough for tokens to settle.
  { name: "stories260K", url: stories260K.url, ids: Array.from({ length: 150 }, (_, at) => 3 + ((at * 37) % 400)) },
];

const worst = (given: ArrayLike<number>, wanted: ArrayLike<number>): number => {
  let most = given.length === wanted.length ? 0 : Infinity;
  for (let at = 0; at < given.length; at++) {
    const off = Math.abs(given[at]! - wanted[at]!);
    if (!(off <= most)) most = Number.isNaN(off) ? Infinity : off;
  }
  return most;
};

const joined = (maps: readonly Float64Array[]): readonly number[] => maps.flatMap((map) => [...map]);

const filesOf = (url: URL) => ({
  config: JSON.parse(readFileSync(new URL("config.json", url), "utf8")) as unknown,
  weights: new Uint8Array(readFileSync(new URL("model.safetensors", url))),
});

describe.each(models)("$name", ({ url, ids }) => {
  const reference = new Map<string, ReturnType<typeof plainMaps>>();
  const wanted = (name: string, rule: PairRule): ReturnType<typeof plainMaps> => {
    if (!reference.has(name)) reference.set(name, plainMaps(filesOf(url), ids, rule));
    return reference.get(name)!;
  };

  describe.each(backends)("on $name", (backend) => {
    let opened: LanguageModel;
    beforeAll(async () => void (opened = await loadModel(new URL(url), { backend })));
    afterAll(() => opened.release());

    it.each(cases)("attends as plain loops do, whatever the chunks: %s", async (name, extension, rule) => {
      const loops = wanted(name, rule);
      const model = await opened.withExtension(extension);
      for (const chunkSize of [1, 7, ids.length]) {
        const entropies = await model.attentions(ids, { what: "entropies", layers: [0, 1], chunkSize });
        entropies.forEach(({ layer, dims, data }, at) => {
          expect([layer, ...dims]).toEqual([at, loops[at]!.length, ids.length]);
          expect(worst(data, entropiesOf(loops[at]!, ids.length)), `chunks of ${chunkSize}`).toBeLessThan(1e-4);
        });
        if (chunkSize === 1) continue;
        const maps = await model.attentions(ids, { what: "maps", layers: [1], chunkSize });
        expect(maps.map(({ layer, dims }) => [layer, ...dims])).toEqual([
          [1, loops[1]!.length, ids.length, ids.length],
        ]);
        expect(worst(maps[0]!.data, joined(loops[1]!)), `chunks of ${chunkSize}`).toBeLessThan(5e-5);
      }
    });
  });
});
