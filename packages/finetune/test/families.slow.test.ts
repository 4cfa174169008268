/**
 * Every family with blocks of its own, or whose layers differ, trains: the loss is that of the graph that runs, under every kind of mapping,
 * gradients are slopes of it, and an adapter learns. Each tensor of the first layer and outside is looked at, norms of heads and those by 1 + w among them.
 */
import { cpu } from "@ropewalk/backend-node";
import { compose, logN, selfExtend, withPositions, yarn, type ContextExtension } from "@ropewalk/context-extension";
import { loadModel, needCheckpoint } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { threeBands } from "@ropewalk/testing/goldens/three-bands";
import { inRepository } from "@ropewalk/testing/repository";
import { modelVectors } from "@ropewalk/testing/vectors";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cutText, openLossGraph, readParameters, train, type Parameters } from "../src/index.ts";

const vectors = inRepository(`${modelVectors}/`);
const backend = cpu({ threads: 1 });
const seqLen = 40;
const ids = Array.from({ length: 8 * seqLen }, (_, at) => (at * 7 + ((at * at) % 11)) % 128);
const extension = compose(selfExtend({ groupSize: 3, window: 16 }), logN({ trainedContext: 16 }));

/** The mean loss of each next token, -ln softmax(l)[next], in float64. */
const lossOf = (logits: Float32Array, vocabSize: number, next: readonly number[]): number => {
  const losses = next.map((token, at) => {
    const row = Array.from(logits.subarray(at * vocabSize, (at + 1) * vocabSize));
    const most = Math.max(...row);
    return most + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - most), 0)) - row[token]!;
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
};

const square = (gradient: Float32Array): number => gradient.reduce((sum, element) => sum + element * element, 0);

/** One tensor, moved along its gradient by `step`. */
const movedAlong = (parameters: Parameters, name: string, gradient: Float32Array, step: number): Parameters => {
  const { dims, data } = parameters[name]!;
  return { ...parameters, [name]: { dims, data: data.map((element, at) => element + step * gradient[at]!) } };
};

const layered = readdirSync(new URL("layered/", vectors)).map((family) => `layered/${family}`);

describe.each(layered)("%s", (path) => {
  it.each<readonly [string, ContextExtension]>([
    ["no extension", {}],
    [
      "three bands, under masks",
      compose(
        withPositions(threeBands({ window: 6, window2: 20, groupSize: 2, groupSize2: 5 })),
        logN({ trainedContext: 16 }),
      ),
    ],
    ["YaRN", yarn({ factor: 2, originalContext: 64 })],
  ])("has the loss of the graph that runs under %s", async (_, own) => {
    const model = await loadModel(await openFolder(new URL(`${path}/`, vectors)), { backend, extension: own });
    const checkpoint = needCheckpoint("test", model.source);
    const extended = { ...model.extended, decoder: checkpoint.decoder };
    const parameters = await readParameters(checkpoint);
    const graph = await openLossGraph({ backend, extended, batch: { batchSize: 1, seqLen }, learned: [] });
    const loss = await graph.loss(parameters, { ids: [ids.slice(0, seqLen)] });
    const logits = await model.logits(ids.slice(0, seqLen - 1));
    expect(Math.abs(loss - lossOf(logits, extended.decoder.vocabSize, ids.slice(1, seqLen)))).toBeLessThan(1e-5);
    await graph.release();
    await model.release();
  });

  it("has the loss of the graph that runs, and gradients that are its slopes", async () => {
    const model = await loadModel(await openFolder(new URL(`${path}/`, vectors)), { backend, extension });
    const checkpoint = needCheckpoint("test", model.source);
    const extended = { ...model.extended, decoder: checkpoint.decoder };
    const parameters = await readParameters(checkpoint);
    const learned = Object.keys(parameters);
    const graph = await openLossGraph({ backend, extended, batch: { batchSize: 1, seqLen }, learned });
    const sequences = { ids: [ids.slice(0, seqLen)] };
    const { loss, gradients } = await graph.gradients(parameters, sequences);
    const logits = await model.logits(ids.slice(0, seqLen - 1));
    expect(Math.abs(loss - lossOf(logits, extended.decoder.vocabSize, ids.slice(1, seqLen)))).toBeLessThan(1e-5);

    const looked = learned.filter((name) => !/layers\.[1-9]/.test(name));
    for (const name of looked) {
      const gradient = gradients[name]!;
      const slope = square(gradient);
      expect(slope).toBeGreaterThan(0);
      // A step that changes the loss by about a hundredth, of which float32 keeps four digits.
      const step = 5e-3 / slope;
      const [above, below] = [
        await graph.loss(movedAlong(parameters, name, gradient, step), sequences),
        await graph.loss(movedAlong(parameters, name, gradient, -step), sequences),
      ];
      expect(Math.abs((above - below) / (2 * step) / slope - 1), name).toBeLessThan(0.02);
    }
    await graph.release();
    await model.release();
  });

  it("learns an adapter", async () => {
    const model = await loadModel(await openFolder(new URL(`${path}/`, vectors)), { backend, extension });
    const data = cutText(ids, seqLen);
    const { evaluations } = await train({
      model,
      data,
      seqLen,
      steps: 4,
      batchSize: 4,
      learningRate: 1e-2,
      lora: { rank: 2 },
      evaluation: { data, every: 9 },
    });
    expect(evaluations.at(-1)!.loss).toBeLessThan(evaluations[0]!.loss - 0.02);
    await model.release();
  });
});
