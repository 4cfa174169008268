/** A decoder with its extension as one ONNX graph, for a chunk of any length: prefill and decoding are the same graph. */
import { tape as newTape, typeCode, type ModelProto, type Value } from "@ropewalk/graph";
import { attendIn } from "./attend.ts";
import type { Builder } from "./decoder.ts";
import type { ExtendedDecoder } from "./extend.ts";
import { inputs, outputs } from "./interface.ts";
import { declareShared } from "./shared-inputs.ts";

/** How a weight may be stored. */
export type WeightType = "float32" | "float16" | "bfloat16";

/** Where a weight's bytes lie (a file, an offset from its start, a length, in bytes), and what they are. */
export type WeightLocation = {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
  readonly type: WeightType;
};

/**
 * Records the graph. Its weights stay in their files and are named by place.
 *
 * @param locate - where each of the decoder's tensors lies
 */
export const decoderGraph = (extended: ExtendedDecoder, locate: (name: string) => WeightLocation): ModelProto => {
  const { decoder } = extended;
  const tape = newTape("decoder");
  const widened = new Map<string, Value>();
  // Computed in float32 whatever is stored: narrower weights are widened once, when the session loads.
  const weight = (name: string): Value => {
    const { type, ...place } = locate(name);
    const stored = tape.external(name, type, decoder.tensors[name]!, place);
    if (type === "float32") return stored;
    const value = widened.get(name) ?? tape.op("Cast", [stored], { to: typeCode("float32") });
    widened.set(name, value);
    return value;
  };
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
