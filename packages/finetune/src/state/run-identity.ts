/** The identity of a run: everything that its final weights depend on. A run can be resumed only with the same identity. */
import { check } from "@ropewalk/check";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import type { ExtendedGroup } from "@ropewalk/context-extension";
import { trainingNumbers } from "@ropewalk/decoder/training";
import type { Checkpoint } from "@ropewalk/models";
import type { Parameters } from "../optimizer/adam-w.ts";
import { checkTrainKeys } from "../train/check-train-config.ts";
import { loraOf } from "../weights/lora.ts";
import { readParameters } from "../weights/learnable-weights.ts";
import { needTunable } from "../weights/need-tunable.ts";
import { fitSamples, type Fitted } from "../samples/fit-samples.ts";
import type { TrainConfig } from "../train/train.ts";
import { bytesOf, fingerprint, textBytes } from "./fingerprint.ts";

export type RunIdentity = {
  /** Fingerprints of the first weights and of the samples. */
  readonly model: string;
  readonly data: string;
  /** The configuration's values, each as JSON text. */
  readonly configuration: Readonly<Record<string, unknown>>;
};

const partsOfModel = function* (parameters: Parameters): Generator<Uint8Array, void, undefined> {
  for (const [name, { dims, data }] of Object.entries(parameters).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    yield textBytes([name, dims]);
    yield bytesOf(data);
  }
};

/** The bytes of weights that are not learned, as they are stored, and of their adapters. */
const partsOfStored = async function* (checkpoint: Checkpoint): AsyncGenerator<Uint8Array, void, undefined> {
  const { decoder, files, locate, locateBlocks, adapters } = checkpoint;
  for (const name of Object.keys(decoder.tensors).toSorted()) {
    const blocks = locateBlocks?.(name);
    const dense = blocks === undefined || name === decoder.embedding ? [locate(name)] : [];
    const { elements, scales, ...form } = blocks ?? {};
    yield textBytes([name, decoder.tensors[name], form, dense.map(({ type }) => type)]);
    for (const { location, offset, length } of [...dense, ...(blocks === undefined ? [] : [elements!, scales!])]) {
      const { source } = files.find(({ external }) => external.file === location)!;
      yield await source.read(offset, offset + length);
    }
    const beside = adapters?.get(name);
    if (beside !== undefined) yield* [textBytes(beside.rank), bytesOf(beside.down), bytesOf(beside.up)];
  }
};

const partsOfData = function* (sequences: readonly Fitted[]): Generator<Uint8Array, void, undefined> {
  for (const { ids, labels } of sequences) yield bytesOf(Int32Array.from([...ids, ...labels]));
};

const partsOfNumbers = function* (extended: ExtendedDecoder, seqLen: number): Generator<Uint8Array, void, undefined> {
  for (const [name, { dims, data }] of Object.entries(trainingNumbers(extended, seqLen)))
    yield* [textBytes([name, dims]), bytesOf(data)];
};

/** How a group of layers attends, as JSON. */
const groupIn = ({ layers, positions, rope, entropy, scoreScale, softcap }: ExtendedGroup): object => ({
  layers,
  positions: positions.name,
  rope: rope ?? null,
  scaled: entropy !== undefined,
  scoreScale,
  softcap: softcap ?? null,
});

/**
 * Positions and scalings as JSON. A custom mapping or scaling is a function, which JSON cannot tell from another, so a fingerprint of
 * the numbers that it gives this run is added.
 */
const extensionIn = async (extended: ExtendedDecoder, seqLen: number): Promise<object> => {
  const { positions, ownPositions, scaling, entropy, decoder, groups } = extended;
  const { config } = positions as { readonly config?: object };
  const own = (!ownPositions && config === undefined) || scaling.kind === "custom" || entropy?.kind === "custom";
  return {
    positions: config ?? positions.name,
    theta: decoder.rope.theta,
    scaling,
    entropy: entropy ?? null,
    // With one group only, the values above say everything.
    ...(decoder.attention && { groups: groups.map(groupIn) }),
    ...(own && { numbers: await fingerprint(partsOfNumbers(extended, seqLen)) }),
  };
};

/** The identity of the run that `train` would do with that configuration. */
export const identifyRun = async (config: TrainConfig): Promise<RunIdentity> => {
  checkTrainKeys("identifyRun", config);
  const { model, data, seqLen, longer = "refuse", steps, batchSize, gradientAccumulation = 1 } = config;
  const { learningRate, schedule = { kind: "cosine" }, gradientClipping = 1, seed = 0 } = config;
  const { beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8, weightDecay = 0.1 } = config;
  const { sequences } = fitSamples({ seqLen, longer }, data);
  const checkpoint = needTunable("identifyRun", model.source);
  const lora = config.lora && loraOf("identifyRun", checkpoint.decoder, config.lora);
  return {
    model: await fingerprint(lora ? partsOfStored(checkpoint) : partsOfModel(await readParameters(checkpoint))),
    data: await fingerprint(partsOfData(sequences)),
    configuration: {
      seed,
      steps,
      batchSize,
      gradientAccumulation,
      seqLen,
      learningRate,
      schedule,
      gradientClipping: gradientClipping === Infinity ? null : gradientClipping,
      beta1,
      beta2,
      epsilon,
      weightDecay,
      extension: await extensionIn(model.extended, seqLen),
      ...(lora && { lora: { rank: lora.rank, alpha: lora.alpha, modules: [...lora.modules.keys()] } }),
    },
  };
};

/** The value with its keys sorted, so that equal values give equal JSON. */
const inOrder = (value: unknown): unknown =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => [key, inOrder(inner)]),
      );

const asText = (value: unknown): string | undefined => JSON.stringify(inOrder(value));

/** @throws RangeError that names what differs between the two runs, with both values */
export const checkSameRun = (where: string, name: string, stored: RunIdentity, run: RunIdentity): void => {
  const checkKey = (key: string): void => {
    const [have, want] = [asText(stored.configuration[key]), asText(run.configuration[key])];
    check(have === want, `${where}: ${name} must be of a run with the same ${key}, ${want ?? "none"}`, have);
  };
  // With an adapter the fingerprint covers the stored weights, so it differs from that of the same model without one.
  checkKey("lora");
  for (const what of ["model", "data"] as const)
    check(
      stored[what] === run[what],
      `${where}: ${name} must be of a run on the same ${what}, with the fingerprint ${run[what].slice(0, 12)}`,
      String(stored[what]).slice(0, 12),
    );
  for (const key of new Set([...Object.keys(run.configuration), ...Object.keys(stored.configuration)])) checkKey(key);
};
