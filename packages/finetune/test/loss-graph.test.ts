/** Losses without gradients: by a session of their own, when they are asked for. */
import type { Backend, Session } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { extendDecoder } from "@ropewalk/decoder";
import { loadCheckpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { expect, it } from "vitest";
import { openLossGraph, readParameters } from "../src/index.ts";

const runtime = cpu({ threads: 1 });
const opened: Session[] = [];
const released: Session[] = [];
const counting: Backend = {
  ...runtime,
  createSession: async (...asked) => {
    const session = await runtime.createSession(...asked);
    const release = (): Promise<void> => session.release().then(() => void released.push(counted));
    const counted: Session = { ...session, release };
    opened.push(counted);
    return counted;
  },
};

it("evaluates on a graph without gradients, loaded once and only when it is asked for", async () => {
  const checkpoint = await loadCheckpoint(await openFolder(stories260K.url));
  const parameters = await readParameters(checkpoint);
  const extended = extendDecoder(checkpoint.decoder, {});
  const names = Object.keys(parameters);
  const graph = await openLossGraph({
    backend: counting,
    extended,
    batch: { batchSize: 2, seqLen: 32 },
    learned: names,
  });
  const row = (seed: number): readonly number[] => Array.from({ length: 32 }, (_, at) => 3 + ((seed + 7 * at) % 500));
  const sequences = { ids: [row(0), row(5)] };

  const { loss } = await graph.gradients(parameters, sequences);
  expect(opened).toHaveLength(1);
  const [one, two] = await Promise.all([graph.loss(parameters, sequences), graph.loss(parameters, sequences)]);
  expect(opened.map(({ outputs }) => outputs.length)).toEqual([1 + names.length, 1]);
  expect(one).toBe(two);
  expect(Math.abs(one - loss)).toBeLessThan(1e-5);

  await graph.release();
  expect(released).toEqual(opened);
});
