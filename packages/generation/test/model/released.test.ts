import { selfExtend } from "@ropewalk/context-extension";
import { describe, expect, it } from "vitest";
import { createCache, prefill, releaseCache } from "../../src/index.ts";
import { backends, load } from "../backends.ts";
import { stories260K } from "@ropewalk/tiny-models";

const ids = [1, 403, 407, 261, 378];

describe("a model that is released", () => {
  const [cpu] = backends;

  it("says so, however it is used, and is released once more without harm", async () => {
    const model = await load(cpu!, stories260K);
    const other = await model.withExtension(selfExtend({ groupSize: 4, window: 64 }));
    await Promise.all([model.release(), model.release(), other.release()]);
    await model.release();
    for (const each of [model, other])
      for (const use of [
        () => each.generateTokens(ids).next(),
        () => each.generate(ids).next(),
        () => each.logits(ids),
        () => each.visitLogits(ids, () => undefined),
        () => each.withExtension({}),
        () => each.multiStepSession!(),
      ])
        await expect((async () => use())()).rejects.toThrow(/: the model must not be released, nor one that shares/);
    const cache = createCache(cpu!, model.extended, { length: 8 });
    await expect(prefill(model.session, cache, ids)).rejects.toThrow(
      new TypeError("cpu: a session that runs must not be released, got one that is"),
    );
    releaseCache(cache);
  });
});
