import { reRope, selfExtend, slidingWindow } from "@ropewalk/context-extension";
import { connectWorker } from "@ropewalk/generation/worker";
import { startCpuWorker } from "@ropewalk/testing/workers/start-worker";
import { stories260K } from "@ropewalk/tiny-models";
import type { Trial } from "@ropewalk/testing/trials";
import { loadStories, tell } from "../stories.ts";

const rounds = 20;
const extensions = [
  {},
  selfExtend({ groupSize: 4, window: 64 }),
  reRope({ window: 100 }),
  slidingWindow({ window: 60 }),
];

/** The same models in this thread and in two others, all of which tell at once. */
export const severalModels: Trial = {
  name: "several models at once",
  bar: "each tells what it tells alone, in one process and in worker threads",
  run: async (scale) => {
    const here = await Promise.all(extensions.map((extension) => loadStories(extension)));
    const alone: string[] = [];
    for (const model of here) alone.push(String(await tell(model, 150)));
    const workers = [startCpuWorker(), startCpuWorker()];
    const connections = workers.map((worker) => connectWorker(worker));
    const backend = { name: "cpu", options: { threads: 1 } };
    const there = await Promise.all(
      extensions.map((extension, at) =>
        connections[at % 2]!.loadModel(stories260K.url.pathname, { backend, extension }),
      ),
    );
    const all = Math.ceil(scale * rounds);
    let [told, right] = [0, 0];
    for (let round = 0; round < all; round++) {
      const both = [...here, ...there].map(async (model, at) => {
        told += 1;
        if (String(await tell(model, 150)) === alone[at % alone.length]) right += 1;
      });
      await Promise.all(both);
    }
    for (const model of [...here, ...there]) await model.release();
    await Promise.all(workers.map((worker) => worker.terminate()));
    return { figure: `${right} of ${told} texts are right, by ${2 * extensions.length} models`, holds: right === told };
  },
};
