import { selfExtend } from "@ropewalk/context-extension";
import { setTimeout } from "node:timers/promises";
import type { Trial } from "@ropewalk/testing/trials";
import { loadStories, tell } from "../stories.ts";

const aborts = 200;

/** Numbers from 0 to 1 that look random, the same in every run. */
const random = (seed: number): (() => number) => {
  let state = seed;
  return () => (state = (1_103_515_245 * state + 12_345) % 2 ** 31) / 2 ** 31;
};

export const abortsAtRandom: Trial = {
  name: `${aborts} aborts at random moments`,
  bar: "each ends its text with its own reason, and the next text is the right one",
  run: async (scale) => {
    const model = await loadStories(selfExtend({ groupSize: 4, window: 64 }));
    const wanted = String(await tell(model, 40));
    const next = random(7);
    const all = Math.ceil(scale * aborts);
    let [aborted, right] = [0, 0];
    for (let done = 0; done < all; done++) {
      const stop = new AbortController();
      const told = tell(model, 1500, { signal: stop.signal }).then(
        () => "told",
        (error: unknown) => (error as Error).message,
      );
      await setTimeout(60 * next());
      stop.abort(new Error(`enough ${done}`));
      if ((await told) === `enough ${done}`) aborted += 1;
      if (String(await tell(model, 40)) === wanted) right += 1;
    }
    await model.release();
    return {
      figure: `${aborted} of ${all} aborted, ${right} right behind them`,
      holds: aborted === all && right === all,
    };
  },
};
