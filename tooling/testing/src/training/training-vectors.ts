/** What another implementation gives for training: losses, gradients and a few steps, in a folder with a training.json. */
import { abf, compose, entropyAbf, logN, selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import type { Parameters } from "@ropewalk/finetune";
import { readSafetensorsHeader } from "@ropewalk/models";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A base frequency, log-n over a context in layers `from` and up, SelfExtend. */
export type Method = {
  readonly theta: number;
  readonly logn?: number;
  readonly from?: number;
  readonly G?: number;
  readonly W?: number;
};

type Rows = readonly (readonly number[])[];

export type Training = {
  readonly ids: Rows;
  /** -100 is not learned. */
  readonly labels: Rows;
  readonly cases: readonly (Method & { readonly name: string; readonly loss: number; readonly gradients: string })[];
  /** AdamW with β = (0.9, 0.95), ε = 1e-8, λ = 0.1 on matrices, gradients clipped to a norm of 1. */
  readonly trajectory: {
    readonly extension: Method;
    readonly ids: readonly Rows[];
    readonly steps: readonly { readonly rate: number; readonly loss: number; readonly globalNorm: number }[];
    readonly parameters: string;
  };
};

export const readTraining = (folder: string): Training =>
  JSON.parse(readFileSync(join(folder, "training.json"), "utf8")) as Training;

export const readTensors = async (file: string): Promise<Parameters> => {
  const bytes = new Uint8Array(readFileSync(file));
  const source = { size: bytes.length, read: async (from: number, to: number) => bytes.subarray(from, to) };
  const entries = await readSafetensorsHeader(file, source);
  return Object.fromEntries(
    entries.map(({ name, dims, offset, length }) => [
      name,
      { dims, data: new Float32Array(bytes.slice(offset, offset + length).buffer) },
    ]),
  );
};

/** @param theta - the checkpoint's own */
export const extensionOf = (method: Method, theta: number): ContextExtension => {
  const { logn, from = 0, G, W } = method;
  const base = method.theta === theta ? {} : abf({ theta: method.theta });
  if (from > 0) return entropyAbf({ theta: method.theta, trainedContext: logn!, exemptLayers: from });
  return compose(
    base,
    G === undefined || W === undefined ? {} : selfExtend({ groupSize: G, window: W }),
    logn === undefined ? {} : logN({ trainedContext: logn }),
  );
};
