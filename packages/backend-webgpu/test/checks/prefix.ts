/** A text that is read once: runs behind it share what has settled, one of them until it has a copy of its own. */
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel } from "@ropewalk/generation";
import { expectThat, type Check } from "./place.ts";

const ids = Array.from({ length: 380 }, (_, at) => 3 + ((at * 37) % 400));
const first = ids.slice(0, 200);
const other = [...first, ...ids.slice(200).toReversed()];

export const prefixChecks: readonly Check[] = [
  {
    slow: true,
    name: "behind a prefix of 200 tokens 180 more give the logits of a cold run, past the copy of what was shared, and so do others after",
    run: async ({ backend, model: read }) => {
      const extension = selfExtend({ groupSize: 4, window: 48 });
      const model = await loadModel(await read("packages/tiny-models/stories260K"), { backend, extension });
      const { vocabSize } = model.extended.decoder;
      const prefix = await model.read(first);
      const cold = await Promise.all([ids, other].map((text) => model.logits(text)));
      for (const [text, logits] of [
        [ids, cold[0]!],
        [other, cold[1]!],
        [ids, cold[0]!],
      ] as const) {
        const wanted = logits.subarray((first.length - 1) * vocabSize);
        const given = await model.logits(text.slice(first.length), { after: prefix });
        const [most, off] = given.reduce(
          ([largest, farthest], value, at) => [
            Math.max(largest!, Math.abs(value)),
            Math.max(farthest!, Math.abs(value - wanted[at]!)),
          ],
          [0, 0],
        );
        const allowed = backend.precision === "float16" ? 1e-2 * most! : 1e-4;
        expectThat(
          given.length === wanted.length && off! < allowed,
          `logits must be within ${allowed} of a cold run's, off by ${off}`,
        );
      }
      prefix.release();
      await model.release();
    },
  },
];
