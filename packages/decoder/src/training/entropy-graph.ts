/**
 * How widely a decoder's queries look, by layer and position: the mean over heads of the entropy of their attention, in nats.
 *
 *   H(l, i) = mean_h -Σ_j p_lh(i, j) ln p_lh(i, j)          0 where one key has it all, ln(i + 1) where all keys have the same
 *
 * Zhang et al., arXiv 2401.07004, section 3.
 */
import { tape as newTape, type ModelProto, type Value } from "@ropewalk/graph";
import type { Decoder } from "../decoder.ts";
import type { ExtendedDecoder } from "../extend.ts";
import { decoderOpset } from "../graph.ts";
import { recordHidden } from "../hidden.ts";
import { decoderInputs } from "../interface.ts";
import { trainingOutputs } from "./interface.ts";
import { checkBatch, plainAttention, type Batch } from "./plain-attention.ts";
import { weightInputs } from "./weight-inputs.ts";

/** p ln p is nothing where p is; its logarithm is infinite. */
const least = 1e-30;

/**
 * Records the graph. Inputs: `input_ids`, what `trainingNumbers` gives, and every tensor that embeddings and layers read by its name, as
 * for `trainingGraph`. Output: `attention_entropy` [numLayers, batchSize, seqLen].
 *
 * @throws RangeError when batchSize or seqLen is not an integer of at least 1
 */
export const entropyGraph = ({ decoder, ...extended }: ExtendedDecoder<Decoder>, batch: Batch): ModelProto => {
  const { batchSize, seqLen } = checkBatch("entropyGraph", batch);
  const { numHeads, numKvHeads, numLayers } = decoder;
  const tape = newTape("attention entropy");
  const ids = tape.input(decoderInputs.ids, "int64", [batchSize * seqLen]);
  const axis = (...axes: readonly number[]): Value => tape.constant("int64", [axes.length], axes);
  const blocks: Value[][] = Array.from({ length: numLayers }, () => []);
  const attention = plainAttention(tape, { decoder, ...extended }, batch, ({ layer, shares }) => {
    const [, below] = shares.dims as readonly number[];
    const logs = tape.op("Log", [tape.op("Max", [shares, tape.constant("float32", [], [least])])]);
    const sums = tape.op("ReduceSum", [tape.op("Mul", [shares, logs]), axis(-1)], { keepdims: 0 });
    const rows = (below! * numKvHeads) / numHeads;
    const byHead = tape.op("Reshape", [tape.op("Neg", [sums]), axis(batchSize, numHeads, rows)]);
    blocks[layer]!.push(tape.op("ReduceMean", [byHead, axis(1)], { keepdims: 0 }));
  });
  recordHidden({ tape, weights: weightInputs(tape, decoder) }, decoder, ids, attention);
  const layers = blocks.map((parts) => {
    const whole = parts.length === 1 ? parts[0]! : tape.op("Concat", parts, { axis: 1 });
    return tape.op("Unsqueeze", [whole, axis(0)]);
  });
  tape.output(trainingOutputs.entropy, layers.length === 1 ? layers[0]! : tape.op("Concat", layers, { axis: 0 }));
  return tape.model(decoderOpset);
};
