/** Losses and gradients of a decoder recorded for training, against PyTorch's autograd in float64, on every backend here. */
import { compose, entropyAbf, extendDecoder, logN, selfExtend, type ContextExtension } from "@ropewalk/decoder";
import {
  trainingGraph,
  trainingInputs,
  trainingNumbers,
  trainingOutputs,
  trainingTargets,
} from "@ropewalk/decoder/training";
import type { HostTensor } from "@ropewalk/backend";
import { encode } from "@ropewalk/graph";
import { differentiate, gradientOf } from "@ropewalk/graph/gradient";
import { loadCheckpoint, readSafetensorsHeader } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { backends, largestDifference } from "./load.ts";

type Case = {
  readonly name: string;
  readonly theta: number;
  readonly logn?: number;
  readonly from?: number;
  readonly G?: number;
  readonly W?: number;
  readonly loss: number;
  readonly gradients: string;
};

const vectors = new URL("vectors/training/", import.meta.url);
const training = JSON.parse(readFileSync(new URL("training.json", vectors), "utf8")) as {
  readonly ids: readonly (readonly number[])[];
  readonly labels: readonly (readonly number[])[];
  readonly cases: readonly Case[];
};
const checkpointUrl = new URL("../../models/test/vectors/tiny/llama/", import.meta.url);

type Tensors = Readonly<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>;

const readTensors = async (url: URL): Promise<Tensors> => {
  const bytes = new Uint8Array(readFileSync(url));
  const source = { size: bytes.length, read: async (from: number, to: number) => bytes.subarray(from, to) };
  const entries = await readSafetensorsHeader(url.pathname, source);
  return Object.fromEntries(
    entries.map(({ name, dims, offset, length }) => [
      name,
      { dims, data: new Float32Array(bytes.slice(offset, offset + length).buffer) },
    ]),
  );
};

/** Entropy-ABF of the vectors leaves the first layers alone; with SelfExtend log-n goes to all. */
const extensionOf = ({ theta, logn, from, G, W }: Case): ContextExtension => {
  if (from !== undefined) return entropyAbf({ theta, trainedContext: logn!, exemptLayers: from });
  return compose(
    G === undefined || W === undefined ? {} : selfExtend({ groupSize: G, window: W }),
    logn === undefined ? {} : logN({ trainedContext: logn }),
  );
};

describe.each(backends)("$name", (backend) => {
  it.each(training.cases)("$name", async (one) => {
    const checkpoint = await loadCheckpoint(await openFolder(checkpointUrl));
    const parameters = await readTensors(new URL("model.safetensors", checkpointUrl));
    const expected = await readTensors(new URL(one.gradients, vectors));
    const { decoder } = checkpoint;
    const names = Object.keys(decoder.tensors);
    expect(Object.keys(expected).sort()).toEqual([...names].sort());

    const { ids, labels } = training;
    const [batchSize, seqLen] = [ids.length, ids[0]!.length];
    const extended = extendDecoder(decoder, extensionOf(one));
    const model = differentiate(trainingGraph(extended, { batchSize, seqLen }), {
      loss: trainingOutputs.loss,
      parameters: names,
    });
    const session = await backend.createSession(encode(model));
    const { targets, weights } = trainingTargets(labels);
    const rows = batchSize * seqLen;
    const float = ({ dims, data }: { readonly dims: readonly number[]; readonly data: Float32Array }): HostTensor => ({
      ...{ place: "host", type: "float32", dims, data },
    });
    const feeds: Record<string, HostTensor> = {
      input_ids: { place: "host", type: "int64", dims: [rows], data: BigInt64Array.from(ids.flat(), BigInt) },
      [trainingInputs.targets]: { place: "host", type: "int64", dims: [rows], data: targets },
      [trainingInputs.weights]: float({ dims: [rows], data: weights }),
    };
    for (const [name, numbers] of Object.entries(trainingNumbers(extended, seqLen))) feeds[name] = float(numbers);
    for (const name of names) feeds[name] = float(parameters[name]!);
    const results = await session.run(feeds, { read: [trainingOutputs.loss, ...names.map(gradientOf)] });
    await session.release();

    const read = (name: string): Float32Array => (results[name] as HostTensor).data as Float32Array;
    expect(Math.abs(read(trainingOutputs.loss)[0]! - one.loss)).toBeLessThanOrEqual(1e-5);
    for (const name of names) {
      const wanted = expected[name]!.data;
      const largest = wanted.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      expect(largestDifference(read(gradientOf(name)), wanted), name).toBeLessThanOrEqual(1e-3 * largest);
    }
  });
});
