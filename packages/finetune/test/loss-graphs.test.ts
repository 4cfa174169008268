/** Runs as long as their samples need: the loss and gradients of padded ones, and a few graphs at most. */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { dynamicNtk, entropyAbf, type ContextExtension } from "@ropewalk/context-extension";
import { extendDecoder } from "@ropewalk/decoder";
import { ignoredLabel } from "@ropewalk/decoder/training";
import { loadModel } from "@ropewalk/generation";
import { loadCheckpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import fc from "fast-check";
import { expect, it } from "vitest";
import { batchGradients, meanLoss } from "../src/loss/batch-loss.ts";
import { fitSamples, openLossGraph, readParameters, train, type Sample } from "../src/index.ts";
import { lengthOf, lossGraphs, usedTokens } from "../src/loss/loss-graphs-by-length.ts";

const runtime = cpu({ threads: 1 });
const seqLen = 96;
const folder = await openFolder(stories260K.url);
const checkpoint = await loadCheckpoint(folder);
const sample = (length: number, seed: number): Sample => ({
  ids: Array.from({ length }, (_, at) => 3 + ((seed + 31 * at + at * at) % 500)),
});
/** Three lengths, and one whose end is not learned. */
const samples = [
  sample(20, 1),
  sample(96, 2),
  sample(5, 3),
  { ...sample(90, 4), labels: sample(90, 4).ids.map((id, at) => (at < 30 ? id : ignoredLabel)) },
];

/** A backend that counts the runs of each length. */
const counting = (): { readonly backend: Backend; readonly lengths: number[] } => {
  const lengths: number[] = [];
  const createSession: Backend["createSession"] = async (...asked) => {
    const session = await runtime.createSession(...asked);
    return {
      ...session,
      run: (feeds, fetches) => {
        lengths.push(feeds["input_ids"]!.dims[0]!);
        return session.run(feeds, fetches);
      },
    };
  };
  return { backend: { ...runtime, createSession }, lengths };
};

it("rounds lengths up to one of four", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 9000 }), fc.nat(), (most, some) => {
      const used = 2 + (some % (most - 1));
      const length = lengthOf(used, most);
      expect(length).toBeGreaterThanOrEqual(used);
      expect(length).toBeLessThanOrEqual(Math.max(2 * used, Math.ceil(most / 8)));
      expect([8, 4, 2, 1].map((share) => Math.ceil(most / share))).toContain(length);
    }),
  );
});

it.each<[string, ContextExtension]>([
  ["Entropy-ABF", entropyAbf({ trainedContext: 16 })],
  // Its frequencies depend on the length: those of the whole are right.
  ["dynamic NTK", dynamicNtk({ factor: 4, originalContext: 16 })],
])("gives the loss and gradients of padded samples, under %s", async (_, extension) => {
  const { backend, lengths } = counting();
  const parameters = await readParameters(checkpoint);
  const extended = extendDecoder(checkpoint.decoder, extension);
  const { sequences } = fitSamples({ seqLen }, samples);
  expect(sequences.map(usedTokens)).toEqual([20, 96, 5, 30]);
  const total = sequences.reduce((sum, { labels }) => sum + labels.slice(1).filter((label) => label >= 0).length, 0);

  const learned = Object.keys(parameters);
  const whole = await openLossGraph({ backend: runtime, extended, batch: { batchSize: 4, seqLen }, learned });
  const padded = await whole.gradients(
    parameters,
    { ids: sequences.map(({ ids }) => ids), labels: sequences.map(({ labels }) => labels) },
    total,
  );
  await whole.release();

  const graphs = lossGraphs({ backend, extended, batch: { batchSize: 1, seqLen }, learned });
  const { loss, gradients } = await batchGradients(graphs, parameters, sequences);
  expect(lengths).toEqual([96, 48, 24, 12]);
  expect(Math.abs(loss - padded.loss)).toBeLessThan(1e-5);
  for (const name of learned) {
    const most = padded.gradients[name]!.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
    const wrong = gradients[name]!.reduce(
      (worst, x, at) => Math.max(worst, Math.abs(x - padded.gradients[name]![at]!)),
      0,
    );
    expect(wrong).toBeLessThanOrEqual(1e-5 * most);
  }
  expect(Math.abs((await meanLoss(graphs, parameters, sequences))! - padded.loss)).toBeLessThan(1e-5);
  expect(lengths.slice(4)).toEqual([96, 48, 24, 12]);
  await graphs.release();
});

it("trains on short samples at their length", async () => {
  const { backend, lengths } = counting();
  const model = await loadModel(folder, { backend });
  const data = [sample(9, 1), sample(12, 2), sample(7, 5)];
  const config = { model, data, seqLen: 96, steps: 2, batchSize: 2, learningRate: 1e-3 };
  const { losses } = await train(config);
  expect(lengths).toEqual([24, 24]);
  const { losses: same } = await train({ ...config, seqLen: 12 });
  expect(losses.map((loss) => loss.toFixed(4))).toEqual(same.map((loss) => loss.toFixed(4)));
  await model.release();
});
