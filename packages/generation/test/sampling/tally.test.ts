/** Counts of a history: those of a plain loop, and no token of it is read twice in a run. */
import { float32, type HostTensor } from "@ropewalk/backend";
import fc from "fast-check";
import { expect, it } from "vitest";
import { pickingBy } from "../../src/sampling/next-token.ts";
import { startSampling, type Sampling } from "../../src/sampling/sampling.ts";
import { tallying } from "../../src/sampling/tally.ts";

const tokens = fc.array(fc.nat(9), { maxLength: 12 });

it("counts what a plain loop counts, at every length", () => {
  fc.assert(
    fc.property(tokens, tokens, (prompt, added) => {
      const tally = tallying();
      for (let length = 0; length <= added.length; length++) {
        const sofar = added.slice(0, length);
        const { seen, added: counts } = tally({ prompt, added: sofar });
        expect(seen).toEqual(new Set([...prompt, ...sofar]));
        const wanted = [...new Set(sofar)].map((token) => [token, sofar.filter((each) => each === token).length]);
        expect(counts).toEqual(new Map(wanted as [number, number][]));
      }
    }),
  );
});

/** A list that counts how often one of its numbers is read. */
const counted = (list: number[], count: { reads: number }): readonly number[] =>
  new Proxy(list, {
    get: (target, key) => {
      if (typeof key === "string" && /^\d+$/.test(key)) count.reads += 1;
      return Reflect.get(target, key) as unknown;
    },
  });

it.each(["greedy", "sample"] as const)("%s: a run under every penalty reads each token once", async (kind) => {
  const penalties = { repetitionPenalty: 1.1, frequencyPenalty: 0.1, presencePenalty: 0.1 };
  const sampling: Sampling =
    kind === "greedy" ? { kind, ...penalties } : { kind, temperature: 1, seed: 1, ...penalties };
  const { pick } = pickingBy({ sampling });
  const rows = float32(
    [1, 8],
    Float32Array.from({ length: 8 }, (_, token) => token / 8),
  ) as HostTensor;
  const count = { reads: 0 };
  const added: number[] = [];
  const history = { prompt: counted([1, 2, 3], count), added: counted(added, count) };
  let state = startSampling(sampling);
  for (let step = 0; step < 100; step++) {
    const picked = await pick(state, rows, history);
    added.push(picked.token);
    ({ state } = picked);
  }
  expect(count.reads).toBe(3 + 99);
});
