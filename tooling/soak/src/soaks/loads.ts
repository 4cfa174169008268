import { growth, megabytes, percent, settledBytes } from "../memory.ts";
import type { Trial } from "@ropewalk/testing/trials";
import { loadStories, tell } from "../stories.ts";

const cycles = 1000;
const warmUp = 200;
const allowed = 0.02;

const cycle = async (): Promise<void> => {
  const model = await loadStories();
  await tell(model, 5);
  await model.release();
};

export const loads: Trial = {
  name: `${cycles} loads, texts and releases`,
  bar: `memory behind the last is that behind the first ${warmUp}, within ${percent(allowed)}`,
  run: async (scale) => {
    const [first, all] = [Math.ceil(scale * warmUp), Math.ceil(scale * cycles)];
    for (let done = 0; done < first; done++) await cycle();
    const before = await settledBytes();
    for (let done = first; done < all; done++) await cycle();
    const after = await settledBytes();
    const grown = growth(before, after);
    return {
      figure: `${all} cycles; ${megabytes(before)} to ${megabytes(after)}, ${percent(grown)} more`,
      holds: scale < 1 || grown <= allowed,
    };
  },
};
