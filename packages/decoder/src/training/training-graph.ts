/** A decoder as a graph for training: whole sequences over themselves, its weights as inputs, and one number, the loss. */
import { checkInteger, checkKeys } from "@ropewalk/check";
import { tape as newTape, type ModelProto, type Value } from "@ropewalk/graph";
import type { Decoder } from "../decoder.ts";
import type { ExtendedDecoder } from "../extend.ts";
import { versions } from "../graph.ts";
import { recordHidden } from "../hidden.ts";
import { inputs } from "../interface.ts";
import { denseWeights } from "../stored-weights.ts";
import { crossEntropy } from "./cross-entropy.ts";
import { trainingInputs, trainingOutputs } from "./interface.ts";
import { plainAttention, type Batch } from "./plain-attention.ts";

/**
 * Records the graph. Inputs: `input_ids` [batchSize * seqLen] int64, one sequence behind the other; every tensor of the decoder
 * by its name, in float32; what `trainingNumbers` and `trainingTargets` give. Output: `loss`, one number.
 *
 * @throws RangeError when batchSize or seqLen is not an integer of at least 1
 */
export const trainingGraph = ({ decoder, ...extended }: ExtendedDecoder<Decoder>, batch: Batch): ModelProto => {
  checkKeys<Batch>("trainingGraph", "batch", batch, { batchSize: true, seqLen: true });
  const { batchSize, seqLen } = batch;
  checkInteger("trainingGraph", "batchSize", batchSize, 1);
  checkInteger("trainingGraph", "seqLen", seqLen, 1);
  const rows = batchSize * seqLen;
  const tape = newTape("training");
  const ids = tape.input(inputs.ids, "int64", [rows]);
  const parameters = new Map<string, Value>();
  const weights = denseWeights((_, name) => {
    const value = parameters.get(name) ?? tape.input(name, "float32", decoder.tensors[name]!);
    parameters.set(name, value);
    return value;
  });
  const builder = { tape, weights };
  const hidden = recordHidden(builder, decoder, ids, plainAttention(tape, { decoder, ...extended }, batch));
  const loss = crossEntropy(
    tape,
    decoder.unembed(builder, hidden),
    tape.input(trainingInputs.targets, "int64", [rows]),
    tape.input(trainingInputs.weights, "float32", [rows]),
  );
  tape.output(trainingOutputs.loss, loss);
  return tape.model(versions);
};
