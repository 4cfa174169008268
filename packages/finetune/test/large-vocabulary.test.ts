/** Logits of several blocks of rows: one loss, whatever is kept, and the loss of each block alone. */
import { cpu } from "@ropewalk/backend-node";
import { extendDecoder } from "@ropewalk/decoder";
import { ignoredLabel, trainingCheckpoints } from "@ropewalk/decoder/training";
import { llama } from "@ropewalk/models";
import { expect, it } from "vitest";
import { openLossGraph, type Parameters } from "../src/index.ts";

const decoder = llama.read({
  model_type: "llama",
  vocab_size: 60_000,
  hidden_size: 16,
  intermediate_size: 24,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  num_key_value_heads: 1,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-5,
  hidden_act: "silu",
});
const batch = { batchSize: 2, seqLen: 300 };
const parameters: Parameters = Object.fromEntries(
  Object.entries(decoder.tensors).map(([name, dims], seed) => {
    const data = new Float32Array(dims.reduce((size, dim) => size * dim, 1));
    return [name, { dims, data: data.map((_, at) => (dims.length === 1 ? 1 : 0.3 * Math.sin(1 + at * 0.37 + seed))) }];
  }),
);
const ids = [0, 1].map((row) => Array.from({ length: batch.seqLen }, (_, at) => (at * 7919 + row) % decoder.vocabSize));

it("adds blocks of logits up, and computes them anew to the same gradients", async () => {
  expect(trainingCheckpoints(decoder, batch).filter((name) => name.startsWith("loss"))).toHaveLength(2);
  const extended = extendDecoder(decoder, {});
  const open = (gradientCheckpointing: boolean) =>
    openLossGraph({
      backend: cpu({ threads: 1 }),
      extended,
      batch,
      gradientCheckpointing,
      learned: Object.keys(parameters),
    });
  const [kept, anew] = [await open(false), await open(true)];
  const whole = await kept.gradients(parameters, { ids });
  const again = await anew.gradients(parameters, { ids });
  expect(again.loss).toBe(whole.loss);
  for (const [name, gradient] of Object.entries(whole.gradients)) {
    const largest = gradient.reduce((most, element) => Math.max(most, Math.abs(element)), 0);
    const apart = gradient.reduce(
      (most, element, at) => Math.max(most, Math.abs(again.gradients[name]![at]! - element)),
      0,
    );
    expect(largest, name).toBeGreaterThan(0);
    expect(apart, name).toBeLessThanOrEqual(1e-5 * largest);
  }

  // Labels of a few tokens alone, one in each block and one at its edge: each adds its own loss to the mean.
  const places = [5, 279, 280, 290, 299, 450, 599];
  const labelled = (chosen: readonly number[]): readonly (readonly number[])[] =>
    ids.map((row, sequence) =>
      row.map((id, at) => (chosen.includes(sequence * batch.seqLen + at) ? id : ignoredLabel)),
    );
  const together = await kept.loss(parameters, { ids, labels: labelled(places) });
  let sum = 0;
  for (const place of places) sum += await kept.loss(parameters, { ids, labels: labelled([place]) });
  expect(Math.abs(together - sum / places.length)).toBeLessThan(1e-5);
  await Promise.all([kept.release(), anew.release()]);
});
