/** A training graph on a backend: it computes the loss and the gradients of a batch. */
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

/** Sequences of one length: their ids, and a label for each token, -100 where nothing is learned. */
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
   * @param total - what the sum of the losses is divided by; absent: the number of learned tokens, which gives the mean
   */
  readonly gradients: (
    parameters: Parameters,
    sequences: Sequences,
    total?: number,
  ) => Promise<{ readonly loss: number; readonly gradients: Gradients }>;
  /** The loss alone. A graph without gradients computes it; that graph is loaded at the first call. */
  readonly loss: (parameters: Parameters, sequences: Sequences, total?: number) => Promise<number>;
  readonly release: () => Promise<void>;
};

/** The weights that are not learned, and the files that the backend reads them from. */
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
  /** The length that the rotation frequencies are computed for, where they depend on a length. Default: seqLen. */
  readonly context?: number;
  /** The names of the learned tensors. The others are inputs too, but get no gradient. */
  readonly learned: readonly string[];
  /** Absent: every tensor of the decoder is fed. */
  readonly frozen?: Frozen | undefined;
  /**
   * Whether the backward pass computes each layer's values a second time. Then only one layer's values are in memory at once, and a
   * step takes a third longer. Default false.
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

/** Records the graph and loads it on the backend. */
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
  // A session computes every output of its graph, also outputs that nobody reads. So the loss alone has a graph of its own.
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
      // If the session could not be loaded, the call of `loss` has thrown that error already.
      await (await forward?.catch(() => undefined))?.release();
    },
  };
};
