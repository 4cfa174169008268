/** What PyTorch's autograd and AdamW give in float64 for the small Llama, and that Llama. */
import { compose, entropyAbf, logN, selfExtend, type ContextExtension } from "@ropewalk/decoder";
import { readSafetensorsHeader } from "@ropewalk/models";
import { readFileSync } from "node:fs";
import type { Parameters } from "../src/index.ts";

export type Method = {
  readonly theta: number;
  readonly logn?: number;
  readonly from?: number;
  readonly G?: number;
  readonly W?: number;
};

export type Case = Method & { readonly name: string; readonly loss: number; readonly gradients: string };

export type Trajectory = {
  readonly extension: Method;
  readonly peak: number;
  readonly ids: readonly (readonly (readonly number[])[])[];
  readonly steps: readonly { readonly rate: number; readonly loss: number; readonly globalNorm: number }[];
  readonly parameters: string;
};

const folder = new URL("vectors/training/", import.meta.url);

export const training = JSON.parse(readFileSync(new URL("training.json", folder), "utf8")) as {
  readonly ids: readonly (readonly number[])[];
  readonly labels: readonly (readonly number[])[];
  readonly cases: readonly Case[];
  readonly trajectory: Trajectory;
};

export const checkpointUrl = new URL("../../models/test/vectors/tiny/llama/", import.meta.url);

export const tensorsOf = async (file: string): Promise<Parameters> => {
  const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
  const source = { size: bytes.length, read: async (from: number, to: number) => bytes.subarray(from, to) };
  const entries = await readSafetensorsHeader(file, source);
  return Object.fromEntries(
    entries.map(({ name, dims, offset, length }) => [
      name,
      { dims, data: new Float32Array(bytes.slice(offset, offset + length).buffer) },
    ]),
  );
};

/** Entropy-ABF of the vectors leaves the first layers alone; with SelfExtend log-n goes to all. */
export const extensionOf = ({ theta, logn, from, G, W }: Method): ContextExtension => {
  if (from !== undefined) return entropyAbf({ theta, trainedContext: logn!, exemptLayers: from });
  return compose(
    G === undefined || W === undefined ? {} : selfExtend({ groupSize: G, window: W }),
    logn === undefined ? {} : logN({ trainedContext: logn }),
  );
};
