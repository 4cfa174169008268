/** Sequences of several blocks of rows: losses as generation has them, gradients as they are by differences, with and without recomputation. */
import { cpu } from "@ropewalk/backend-node";
import { selfExtend, slidingWindow, type ContextExtension } from "@ropewalk/context-extension";
import { loadModel, needCheckpoint } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { expect, it } from "vitest";
import { entropyAbfRecipe, openLossGraph, readParameters, type Parameters } from "../src/index.ts";

const seqLen = 600;
const folder = await openFolder(stories260K.url);
const backend = cpu({ threads: 1 });

const lossOf = (row: Float32Array, target: number): number => {
  const most = row.reduce((max, logit) => Math.max(max, logit), -Infinity);
  return most + Math.log(row.reduce((total, logit) => total + Math.exp(logit - most), 0)) - row[target]!;
};

it.each<[string, ContextExtension]>([
  ["plain", {}],
  ["Entropy-ABF", entropyAbfRecipe({ trainedContext: 512 }).extension],
  ["SelfExtend", selfExtend({ groupSize: 4, window: 128 })],
  ["a sliding window", slidingWindow({ window: 100 })],
])("under %s", async (_, extension) => {
  const model = await loadModel(folder, { backend, extension });
  const ids = model.text!.encode("Once upon a time there was a cat who liked long walks. ".repeat(60)).slice(0, seqLen);
  const logits = await model.logits(ids);
  const checkpoint = needCheckpoint("test", model.source);
  const { vocabSize } = checkpoint.decoder;
  const losses = ids.slice(1).map((id, at) => lossOf(logits.subarray(at * vocabSize, (at + 1) * vocabSize), id));
  const wanted = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;

  const parameters = await readParameters(checkpoint);
  const extended = { ...model.extended, decoder: checkpoint.decoder };
  const learned = Object.keys(parameters);
  const [kept, anew] = await Promise.all(
    [false, true].map((gradientCheckpointing) =>
      openLossGraph({ backend, extended, batch: { batchSize: 1, seqLen }, learned, gradientCheckpointing }),
    ),
  );
  const { loss, gradients } = await kept!.gradients(parameters, { ids: [ids] });
  expect(Math.abs(loss - wanted)).toBeLessThan(1e-5);

  const again = await anew!.gradients(parameters, { ids: [ids] });
  expect(again.loss).toBe(loss);
  for (const name of learned) {
    const largest = gradients[name]!.reduce((most, element) => Math.max(most, Math.abs(element)), 0);
    const apart = gradients[name]!.reduce(
      (most, element, at) => Math.max(most, Math.abs(again.gradients[name]![at]! - element)),
      0,
    );
    expect(apart, name).toBeLessThanOrEqual(1e-5 * largest);
  }

  // Along the gradient the loss rises by its square, for each unit of the way.
  const square = Object.values(gradients).reduce((sum, g) => sum + g.reduce((part, x) => part + x * x, 0), 0);
  const step = 2e-3 / Math.sqrt(square);
  const moved = (by: number): Parameters =>
    Object.fromEntries(
      Object.entries(parameters).map(([name, { dims, data }]) => [
        name,
        { dims, data: data.map((element, at) => element + by * gradients[name]![at]!) },
      ]),
    );
  const [up, down] = await Promise.all([step, -step].map((by) => kept!.loss(moved(by), { ids: [ids] })));
  const slope = (up! - down!) / (2 * step);
  expect(Math.abs(slope / square - 1)).toBeLessThan(0.01);
  await Promise.all([kept!.release(), anew!.release(), model.release()]);
});
