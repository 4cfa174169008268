/**
 * A decoder as a graph for training: it reads whole sequences and gives one number, the loss. The learned tensors are inputs: all
 * weights, or the adapters of weights that stay as they are stored,
 *
 *   y = x Wᵀ + (x Aᵀ) (s B)ᵀ          Hu et al., arXiv 2106.09685, equation 3
 */
import { checkKeys, oneOf, optional, type Keys } from "@ropewalk/check";
import { tape as newTape, type ModelProto, type Tape, type Value } from "@ropewalk/graph";
import type { Decoder } from "../decoder.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import { decoderOpset } from "../graph/decoder-graph.ts";
import { recordHidden } from "../layers/record-layers.ts";
import { decoderInputs } from "../graph-interface.ts";
import { withLowRank } from "../layers/low-rank.ts";
import type { Operators } from "../operators.ts";
import { storedWeights, type StoredWeights, type WeightSource } from "../layers/stored-weights.ts";
import { trainingInputs, trainingOutputs, trainingValues } from "./interface.ts";
import { lossBlocks, recordLoss } from "./loss-blocks.ts";
import { checkBatch, plainAttention, type Batch } from "./plain-attention.ts";
import { weightInputs } from "./weight-inputs.ts";

/** The two small matrices of an adapter, which are learned beside a fixed matrix. */
export type LearnedLowRank = {
  readonly rank: number;
  /** s. */
  readonly scale: number;
  /** The inputs' names: A [rank, in] and B [out, rank]. */
  readonly a: string;
  readonly b: string;
};

/** Weights that are not learned, and the adapters that are learned beside them. */
export type FrozenWeights = {
  /** The stored weights: dense or in blocks, and perhaps with adapters of their own. */
  readonly source: WeightSource;
  /** The learned adapters by the matrix's name. */
  readonly adapters: ReadonlyMap<string, LearnedLowRank>;
  /** Operators that the graph may contain. Default: all. */
  readonly operators?: Operators;
};

const frozenKeys: Keys<FrozenWeights> = {
  ...{ source: true, adapters: true },
  operators: optional(oneOf(["all", "plain"] satisfies Operators[])),
};

/** Weights as they are stored, with the adapters as inputs. */
const frozenWeights = (tape: Tape, { tensors }: Decoder, frozen: FrozenWeights): StoredWeights => {
  const { source, adapters, operators } = checkKeys<FrozenWeights>("trainingGraph", "frozen", frozen, frozenKeys);
  const turned = new Map<string, Value>();
  const transpose = (name: string, dims: readonly number[]): Value => {
    const value = turned.get(name) ?? tape.op("Transpose", [tape.input(name, "float32", dims)], { perm: [1, 0] });
    turned.set(name, value);
    return value;
  };
  return withLowRank(storedWeights(tensors, source, operators), (at, name) => {
    const adapter = adapters.get(name);
    if (adapter === undefined) return undefined;
    const [out, inner] = tensors[name] as readonly [number, number];
    const { rank, scale, a, b } = adapter;
    const up = transpose(b, [out, rank]);
    return {
      down: transpose(a, [rank, inner]),
      up: scale === 1 ? up : at.op("Mul", [up, at.constant("float32", [], [scale])]),
    };
  });
};

/**
 * Records the graph. Its inputs are `input_ids` [batchSize * seqLen] int64, one sequence after another; the tensors of `trainingNumbers`
 * and `trainingTargets`; and every tensor of the decoder by its name, in float32, or, where the weights are frozen, the adapters'
 * matrices by their names. Its output is `loss`, one number. {@link trainingCheckpoints} names values in between.
 *
 * @throws RangeError when batchSize or seqLen is not an integer of at least 1
 */
export const trainingGraph = (
  { decoder, ...extended }: ExtendedDecoder<Decoder>,
  batch: Batch,
  frozen?: FrozenWeights,
): ModelProto => {
  const { batchSize, seqLen } = checkBatch("trainingGraph", batch);
  const rows = batchSize * seqLen;
  const tape = newTape("training");
  const ids = tape.input(decoderInputs.ids, "int64", [rows]);
  const weights = frozen === undefined ? weightInputs(tape, decoder) : frozenWeights(tape, decoder, frozen);
  const builder = { tape, weights, batchSize: batch.batchSize };
  const attention = plainAttention(tape, { decoder, ...extended }, batch);
  const named = (states: Value, layers: number): Value =>
    tape.op("Identity", [states], {}, { output: trainingValues.hidden(layers) });
  const hidden = recordHidden(builder, decoder, ids, attention, named);
  const targets = tape.input(trainingInputs.targets, "int64", [rows]);
  const counted = tape.input(trainingInputs.weights, "float32", [rows]);
  const loss = recordLoss(builder, decoder, hidden, targets, counted);
  tape.output(trainingOutputs.loss, loss);
  return tape.model(decoderOpset);
};

/**
 * The checkpoints of a training graph, in their order: all other values can be computed from them again, one layer or one block of logits
 * at a time. They are what `differentiate` keeps where memory is short.
 */
export const trainingCheckpoints = (
  { numLayers, vocabSize }: Pick<Decoder, "numLayers" | "vocabSize">,
  { batchSize, seqLen }: Batch,
): readonly string[] => [
  ...Array.from({ length: numLayers + 1 }, (_, layers) => trainingValues.hidden(layers)),
  ...Array.from({ length: lossBlocks(batchSize * seqLen, vocabSize) - 1 }, (_, before) =>
    trainingValues.loss(before + 1),
  ),
];
