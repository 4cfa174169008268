/** A decoder with its extension as one ONNX graph, for a chunk of any length: prefill and decoding are the same graph. */
import { tape as newTape, type ModelProto } from "@ropewalk/graph";
import { attendIn } from "./attend.ts";
import type { Builder, Decoder } from "./decoder.ts";
import type { ExtendedDecoder } from "./extend.ts";
import { inputs, outputs } from "./interface.ts";
import type { Operators } from "./operators.ts";
import { declareShared } from "./shared-inputs.ts";
import { storedWeights, type WeightSource } from "./stored-weights.ts";

/**
 * Records the graph. Its weights stay in their files and are named by place.
 *
 * @param source - where each of the decoder's tensors lies
 * @param options - which `operators` it may hold, default all
 * @throws RangeError when a graph of plain operators is asked for with a cache in q8, whose chunks and steps are computed differently
 */
export const decoderGraph = (
  extended: ExtendedDecoder<Decoder>,
  source: WeightSource,
  { operators = "all" }: { readonly operators?: Operators } = {},
): ModelProto => {
  if (operators === "plain" && extended.cache === "q8")
    throw new RangeError(`decoderGraph: a graph of plain operators needs a cache in float32, got ${extended.cache}`);
  const { decoder } = extended;
  const tape = newTape("decoder");
  const weights = storedWeights(decoder.tensors, source, operators);
  const builder: Builder = { tape, weights };
  const ids = tape.input(inputs.ids, "int64", ["seqLen"]);
  const logitRows = tape.input(inputs.logitRows, "int64", ["rows"]);
  const shared = declareShared(tape, extended, operators, ids);
  let hidden = decoder.embed(builder, ids);
  for (let index = 0; index < decoder.numLayers; index++) {
    const scope = tape.scope(`layers.${index}`);
    const attend = attendIn({ tape: scope.scope("attn"), extended, shared, index });
    hidden = decoder.layer({ tape: scope, weights }, index, hidden, attend);
  }
  const wanted = tape.op("Gather", [hidden, logitRows], { axis: 0 });
  tape.output(outputs.logits, decoder.unembed(builder, wanted));
  // RotaryEmbedding came with opset 23, and that with version 11 of the format.
  return tape.model({ opset: 23, irVersion: 11 });
};
