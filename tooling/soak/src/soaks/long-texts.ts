import { selfExtend } from "@ropewalk/context-extension";
import { growth, megabytes, percent, settledBytes } from "../memory.ts";
import type { Trial } from "@ropewalk/testing/trials";
import { loadStories, tell } from "../stories.ts";

const length = 20_000;
const allowed = 0.02;

/** Far beyond the trained 512 tokens, through every size that the cache's arrays grow to. */
export const longTexts: Trial = {
  name: `texts of ${length} tokens`,
  bar: `memory behind the second is that behind the first, within ${percent(allowed)}, and so are the tokens`,
  run: async (scale) => {
    const model = await loadStories(selfExtend({ groupSize: 64, window: 128 }));
    const tokens = Math.ceil(scale * length);
    const first = await tell(model, tokens);
    const before = await settledBytes();
    const second = await tell(model, tokens);
    const after = await settledBytes();
    const grown = growth(before, after);
    const same = first.length === tokens && first.every((token, at) => token === second[at]);
    await model.release();
    return {
      figure: `${tokens} tokens twice, ${same ? "the same" : "others"}; ${megabytes(before)} to ${megabytes(after)}, ${percent(grown)} more`,
      holds: same && (scale < 1 || grown <= allowed),
    };
  },
};
