/** Long chunks attend head after head, band by band; short ones with all heads at once. Both give the same logits. */
import { reRope, selfExtend, slidingWindow, withPositions, type ContextExtension } from "@ropewalk/context-extension";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { stories260K } from "@ropewalk/tiny-models";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LanguageModel } from "../../src/index.ts";
import { backends, load } from "../backends.ts";

/** More tokens than attend with all heads at once. */
const many = { min: 33, max: 90 };

const window = fc.integer({ min: 40, max: 130 });
const extensions: fc.Arbitrary<ContextExtension> = fc.oneof(
  fc.constant<ContextExtension>({}),
  fc.tuple(window, fc.integer({ min: 2, max: 9 })).map(([w, groupSize]) => selfExtend({ groupSize, window: w })),
  window.map((w) => reRope({ window: w })),
  window.map((w) => slidingWindow({ window: w })),
  fc
    .record({ chunkLen: fc.integer({ min: 60, max: 120 }), localSize: fc.integer({ min: 1, max: 30 }) })
    .map(({ chunkLen, localSize }) =>
      withPositions({ kind: "dual-chunk", chunkSize: chunkLen + localSize, localSize }),
    ),
);

describe.each(backends)("on $name", (backend) => {
  let stories: LanguageModel;
  beforeAll(async () => void (stories = await load(backend, stories260K)));
  afterAll(() => stories.release());

  it("chunks of many tokens give what chunks of few give, wherever the ring begins anew", async () => {
    const ids = fc.array(fc.integer({ min: 3, max: 500 }), { minLength: 100, maxLength: 400 });
    await fc.assert(
      // Chunks seldom divide the window, so most rings begin anew in the middle of a chunk's far keys.
      fc.asyncProperty(extensions, ids, fc.integer(many), async (extension, prompt, chunkSize) => {
        const model = await stories.withExtension(extension);
        const few = await model.logits(prompt, { chunkSize: 16 });
        expect(largestDifference(await model.logits(prompt, { chunkSize }), few)).toBeLessThan(5e-4);
      }),
      { numRuns: backend.name === "cpu" ? 25 : 6 },
    );
  });
});
