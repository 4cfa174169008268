/** A decoder with its extension as one ONNX graph, for a chunk of any length: prefill and decoding are the same graph. */
import { tape as newTape, type ModelProto, type Value } from "@ropewalk/graph";
import { attendIn } from "./attend.ts";
import type { Builder } from "./decoder.ts";
import type { ExtendedDecoder } from "./extend.ts";
import { inputs, outputs } from "./interface.ts";
import { declareShared } from "./shared-inputs.ts";

/** Where a weight's bytes lie: a file, an offset from its start, a length, in bytes. */
export type WeightLocation = { readonly location: string; readonly offset: number; readonly length: number };

/**
 * Records the graph. Its weights stay in their files and are named by place.
 *
 * @param locate - where each of the decoder's tensors lies
 */
export const decoderGraph = (extended: ExtendedDecoder, locate: (name: string) => WeightLocation): ModelProto => {
  const { decoder } = extended;
  const tape = newTape("decoder");
  const weight = (name: string): Value => tape.external(name, "float32", decoder.tensors[name]!, locate(name));
  const builder: Builder = { tape, weight };
  const ids = tape.input(inputs.ids, "int64", ["seqLen"]);
  const logitRows = tape.input(inputs.logitRows, "int64", ["rows"]);
  const shared = declareShared(tape, extended);
  let hidden = decoder.embed(builder, ids);
  for (let index = 0; index < decoder.numLayers; index++) {
    const scope = tape.scope(`layers.${index}`);
    const attend = attendIn({ tape: scope.scope("attn"), extended, shared, index });
    hidden = decoder.layer({ tape: scope, weight }, index, hidden, attend);
  }
  const wanted = tape.op("Gather", [hidden, logitRows], { axis: 0 });
  tape.output(outputs.logits, decoder.unembed(builder, wanted));
  return tape.model();
};
