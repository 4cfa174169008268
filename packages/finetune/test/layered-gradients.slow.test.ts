/**
 * Gradients of families whose layers differ, beside slopes of the loss of plain loops in float64, which share nothing with the graph:
 * bounds of scores and logits, norms of heads and around blocks, windows, two rotations and none.
 *
 *   dL/dw ≈ (L(w + h) - L(w - h)) / 2 h          for the elements of each tensor with the largest gradients
 */
import { cpu } from "@ropewalk/backend-node";
import { extendDecoder } from "@ropewalk/decoder";
import { loadCheckpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import type { Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { plainLogits, type Matrix } from "@ropewalk/testing/plain-decoders/plain-decoder";
import { inRepository } from "@ropewalk/testing/repository";
import { layeredCheckpoints } from "@ropewalk/testing/vectors";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { openLossGraph, readParameters } from "../src/index.ts";

const vectors = inRepository(`${layeredCheckpoints}/`);
const backend = cpu({ threads: 1 });

/** Longer than the windows of 12. */
const ids = Array.from({ length: 20 }, (_, at) => (at * 7 + ((at * at) % 11)) % 128);
const step = 1e-4;
const looked = 2;

/** The mean loss of each next token. */
const lossOf = (config: Json, weights: ReadonlyMap<string, Matrix>): number => {
  const losses = plainLogits(config, weights, ids.slice(0, -1)).map((row, at) => {
    const most = Math.max(...row);
    return most + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) - row[ids[at + 1]!]!;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
};

it.each(["gemma2", "gemma3", "smollm3", "qwen3-mixed"])("of %s", async (family) => {
  const folder = new URL(`${family}/`, vectors);
  const config = JSON.parse(readFileSync(new URL("config.json", folder), "utf8")) as Json;
  const checkpoint = await loadCheckpoint(await openFolder(folder));
  const parameters = await readParameters(checkpoint);
  const learned = Object.keys(parameters);
  const extended = extendDecoder(checkpoint.decoder, {});
  const graph = await openLossGraph({ backend, extended, batch: { batchSize: 1, seqLen: ids.length }, learned });
  const { loss, gradients } = await graph.gradients(parameters, { ids: [ids] });
  await graph.release();

  const weights = new Map(
    Object.entries(parameters).map(([name, { dims, data }]) => [
      name,
      { rows: dims[0]!, columns: dims[1] ?? 1, data: Float64Array.from(data) },
    ]),
  );
  expect(Math.abs(loss - lossOf(config, weights))).toBeLessThan(1e-5);
  const last = checkpoint.decoder.numLayers - 1;
  // A layer of each kind: the first and the last of these families differ.
  for (const name of learned.filter(
    (tensor) => !/layers\.\d/.test(tensor) || tensor.includes(`.${last}.`) || tensor.includes(".0."),
  )) {
    const gradient = gradients[name]!;
    const order = Array.from(gradient.keys()).toSorted((a, b) => Math.abs(gradient[b]!) - Math.abs(gradient[a]!));
    const most = Math.abs(gradient[order[0]!]!);
    expect(most, name).toBeGreaterThan(0);
    const { data } = weights.get(name)!;
    for (const at of order.slice(0, looked)) {
      const value = data[at]!;
      const [above, below] = [step, -step].map((change) => {
        data[at] = value + change;
        return lossOf(config, weights);
      });
      data[at] = value;
      const slope = (above! - below!) / (2 * step);
      expect(Math.abs(slope - gradient[at]!) / most, `${name}[${at}]`).toBeLessThan(1e-4);
    }
  }
});
