/** What queries attend to, against plain loops from the weights: near and far, a tail, settled tokens. */
import { compose, logN, selfExtend } from "@ropewalk/context-extension";
import { loadModel } from "@ropewalk/generation";
import { entropiesOf, plainMaps, type PairRule } from "@ropewalk/testing/plain-decoders/attention-maps";
import { expectThat, type Check } from "./place.ts";

const stories = "packages/tiny-models/stories260K";
const ids = Array.from({ length: 150 }, (_, at) => 3 + ((at * 37) % 400));
const extension = compose(selfExtend({ groupSize: 4, window: 16 }), logN({ trainedContext: 20 }));
const rule: PairRule = {
  pair: (i, j) => (i - j < 16 ? [i, j] : [Math.floor(i / 4) + 12, Math.floor(j / 4)]),
  scale: (i) => Math.max(1, Math.log(i + 1) / Math.log(20)),
};

const farthest = (given: ArrayLike<number>, wanted: ArrayLike<number>): number => {
  expectThat(given.length === wanted.length, `there must be ${wanted.length} numbers, got ${given.length}`);
  let most = 0;
  for (let at = 0; at < wanted.length; at++) {
    const off = Math.abs(given[at]! - wanted[at]!);
    if (!(off <= most)) most = off;
  }
  return most;
};

/** Of a backend in float16: of what its cache holds. */
export const halfAttentions: Check = {
  name: "entropies of a cache in float16 are those of its maps, and near those of float32",
  run: async (place) => {
    const [half, full] = await Promise.all(
      [place.backend, place.webgpu()].map(async (backend) =>
        loadModel(await place.model(stories), { backend, extension }),
      ),
    );
    const asked = { layers: [1], chunkSize: 13 };
    const [entropies, wanted, maps] = await Promise.all([
      half!.attentions(ids, { ...asked, what: "entropies" }),
      full!.attentions(ids, { ...asked, what: "entropies" }),
      half!.attentions(ids, { ...asked, what: "maps" }),
    ]);
    const size = ids.length ** 2;
    const { data } = maps[0]!;
    const heads = Array.from({ length: data.length / size }, (_, head) =>
      Float64Array.from(data.subarray(head * size, (head + 1) * size)),
    );
    const own = entropiesOf(heads, ids.length);
    const off = farthest(entropies[0]!.data, own);
    expectThat(off < 1e-3, `entropies must be those of the maps within 1e-3, off by ${off}`);
    const apart = farthest(entropies[0]!.data, wanted[0]!.data);
    expectThat(apart < 0.1, `entropies must be within 0.1 of those of float32, off by ${apart}`);
    await half!.release();
    await full!.release();
  },
};

export const attentionChecks: readonly Check[] = [
  {
    slow: true,
    name: "entropies and maps of stories260K, 150 tokens, SelfExtend with log-n, agree with plain loops",
    run: async ({ backend, model, json }) => {
      const folder = await model(stories);
      const { source } = (await folder.file("model.safetensors"))!;
      const files = { config: await json(`${stories}/config.json`), weights: await source.read(0, source.size) };
      const loops = plainMaps(files, ids, rule);
      const loaded = await loadModel(folder, { backend, extension });
      const entropies = await loaded.attentions(ids, { what: "entropies", layers: [0, 1] });
      for (const { layer, data } of entropies) {
        const off = farthest(data, entropiesOf(loops[layer]!, ids.length));
        expectThat(off < 1e-4, `entropies of layer ${layer} must be within 1e-4, off by ${off}`);
      }
      const [map] = await loaded.attentions(ids, { what: "maps", layers: [1] });
      const off = farthest(
        map!.data,
        loops[1]!.flatMap((own) => [...own]),
      );
      expectThat(off < 1e-4, `weights must be within 1e-4, off by ${off}`);
      await loaded.release();
    },
  },
];
