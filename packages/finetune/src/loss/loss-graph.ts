/** Loss and gradients of a batch, by a graph that a backend runs. */
import { float32, type Backend, type ExternalData, type HostTensor, type Session } from "@ropewalk/backend";
import { checkKeys, oneOf, optional, type Keys } from "@ropewalk/check";
import type { Decoder, ExtendedDecoder } from "@ropewalk/decoder";
import { decoderInputs } from "@ropewalk/decoder";
import {
  trainingCheckpoints,
  trainingGraph,
  trainingInputs,
  trainingNumbers,
  trainingOutputs,
  trainingTargets,
  type Batch,
  type FrozenWeights,
} from "@ropewalk/decoder/training";
import { encode } from "@ropewalk/graph";
import { differentiate, gradientOf } from "@ropewalk/graph/gradient";
import type { Gradients, Parameters } from "../optimizer/adam-w.ts";

/** Sequences of one length: their ids, and the labels that are learned of them, -100 for those that are not. */
export type Sequences = {
  readonly ids: readonly (readonly number[])[];
  /** Absent: the ids themselves. */
  readonly labels?: readonly (readonly number[])[];
};

export type LossGraph = {
  readonly batch: Batch;
  /**
   * The loss of a batch, in nats, and its gradients.
   *
   * @param total - what losses are divided by; absent: the number of tokens that are learned, for their mean
   */
  readonly gradients: (
    parameters: Parameters,
    sequences: Sequences,
    total?: number,
  ) => Promise<{ readonly loss: number; readonly gradients: Gradients }>;
  /** The loss alone, by a graph without gradients, which is loaded when it is first asked for. */
  readonly loss: (parameters: Parameters, sequences: Sequences, total?: number) => Promise<number>;
  readonly release: () => Promise<void>;
};

/** Weights that are not learned, in files that the backend reads. */
export type Frozen = Omit<FrozenWeights, "operators"> & { readonly files: readonly ExternalData[] };

const frozenFor = ({ operators }: Backend, { source, adapters }: Frozen): FrozenWeights => ({
  source,
  adapters,
  operators,
});

export type LossGraphConfig = {
  readonly backend: Backend;
  readonly extended: ExtendedDecoder<Decoder>;
  readonly batch: Batch;
  /** The length whose frequencies the sequences have, where these depend on it. Default: seqLen. */
  readonly context?: number;
  /** The names of the tensors that are learned; the others are fed as they are. */
  readonly learned: readonly string[];
  /** Absent: every tensor of the decoder is fed. */
  readonly frozen?: Frozen | undefined;
  /**
   * Whether a layer's values are computed anew on the way back, so that those of one layer are in memory at a time, for a third more
   * time a step. Default false.
   */
  readonly gradientCheckpointing?: boolean;
};

const keys: Keys<LossGraphConfig> = {
  backend: true,
  extended: true,
  batch: true,
  context: true,
  learned: true,
  frozen: true,
  gradientCheckpointing: optional(oneOf([true, false])),
};

/** Records and loads the graph. */
export const openLossGraph = async (config: LossGraphConfig): Promise<LossGraph> => {
  const { backend, extended, batch, context, learned, frozen, gradientCheckpointing } = checkKeys<LossGraphConfig>(
    "openLossGraph",
    "config",
    config,
    keys,
  );
  const { batchSize, seqLen } = batch;
  const rows = batchSize * seqLen;
  const recorded = trainingGraph(extended, batch, frozen && frozenFor(backend, frozen));
  const backward = differentiate(recorded, {
    loss: trainingOutputs.loss,
    parameters: learned,
    checkpoints: gradientCheckpointing === true ? trainingCheckpoints(extended.decoder, batch) : [],
  });
  const session: Session = await backend.createSession(encode(backward), frozen?.files);
  // A session computes every output of its graph, also those that nobody reads: the loss alone has a graph of its own.
  let forward: Promise<Session> | undefined;
  const forwardSession = (): Promise<Session> => (forward ??= backend.createSession(encode(recorded), frozen?.files));
  const shared = Object.fromEntries(
    Object.entries(trainingNumbers(extended, seqLen, context)).map(([name, numbers]) => [
      name,
      float32(numbers.dims, numbers.data),
    ]),
  );

  const feedsOf = (parameters: Parameters, { ids, labels = ids }: Sequences, total?: number) => {
    if (ids.length !== batchSize || ids.some((row) => row.length !== seqLen))
      throw new RangeError(
        `lossGraph: ids must be ${batchSize} sequences of ${seqLen} tokens, got ${ids.map((row) => row.length).join(", ")}`,
      );
    const { targets, weights } = trainingTargets(labels, total);
    return {
      ...shared,
      ...Object.fromEntries(
        Object.entries(parameters).map(([name, parameter]) => [name, float32(parameter.dims, parameter.data)]),
      ),
      [decoderInputs.ids]: { place: "host", type: "int64", dims: [rows], data: BigInt64Array.from(ids.flat(), BigInt) },
      [trainingInputs.targets]: { place: "host", type: "int64", dims: [rows], data: targets },
      [trainingInputs.weights]: float32([rows], weights),
    } satisfies Record<string, HostTensor>;
  };
  const numbersOf = (tensor: unknown): Float32Array => (tensor as HostTensor).data as Float32Array;

  return {
    batch,
    gradients: async (parameters, sequences, total) => {
      const read = [trainingOutputs.loss, ...learned.map(gradientOf)];
      const results = await session.run(feedsOf(parameters, sequences, total), { read });
      const gradients = learned.map((name) => [name, numbersOf(results[gradientOf(name)])] as const);
      return { loss: numbersOf(results[trainingOutputs.loss])[0]!, gradients: Object.fromEntries(gradients) };
    },
    loss: async (parameters, sequences, total) => {
      const feeds = feedsOf(parameters, sequences, total);
      const results = await (await forwardSession()).run(feeds, { read: [trainingOutputs.loss] });
      return numbersOf(results[trainingOutputs.loss])[0]!;
    },
    release: async () => {
      await session.release();
      // One that could not be loaded was told to who asked for it.
      await (await forward?.catch(() => undefined))?.release();
    },
  };
};
