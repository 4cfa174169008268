/** A decoder with its extension as one ONNX graph for chunks of any length; prefill and decoding use the same graph. */
import { checkKeys, oneOf, optional, positive } from "@ropewalk/check";
import { nameOutputs, tape as newTape, withGraph, type ModelProto } from "@ropewalk/graph";
import type { AskedAttentions } from "../attention/attention-outputs.ts";
import { attendBatch, batchHeads } from "../attention/batch-heads.ts";
import { cacheFormats, cachePrecisions } from "../cache/formats/index.ts";
import { chunkAttention, type LayerAttention } from "../attention/chunk-attention.ts";
import { kernelAttention } from "../attention/kernel-attention.ts";
import type { Decoder } from "../decoder.ts";
import type { ExtendedDecoder } from "../extend-decoder.ts";
import { giveLogits } from "./give-logits.ts";
import { fuseSkipNorms } from "./skip-norms.ts";
import { stateValues } from "./state-values.ts";
import { recordHidden } from "../layers/record-layers.ts";
import { decoderInputs } from "../graph-interface.ts";
import { attentionForms, type AttentionForm, type Operators } from "../operators.ts";
import { storedWeights, type ProductPrecision, type WeightSource } from "../layers/stored-weights.ts";

/** The ONNX versions that the graph needs: RotaryEmbedding came with opset 23, and opset 23 with version 11 of the format. */
export const decoderOpset = { opset: 23, irVersion: 11 } as const;

export type GraphOptions = {
  readonly operators?: Operators;
  readonly precision?: ProductPrecision;
  readonly attention?: AttentionForm;
  readonly attentions?: AskedAttentions | undefined;
  readonly batch?: number;
};

/**
 * Records the graph. The weights stay in their files; the graph names their place.
 *
 * @param source - where each of the decoder's tensors lies
 * @param options - `operators`: which operators the graph may hold, default all; `precision` of products with dense weights, default
 *   float32; `attention`: whether a layer attends by operators, the default, or by one node for a kernel; `attentions`: attention weights
 *   or entropies to output, and of which layers, default none; `batch`: how many sequences of one length run together, one after
 *   another in ids and rows, default 1
 * @throws RangeError when the cache's format does not go with the operators, attentions are asked for of a batch or of a kernel, or the
 *   kernel cannot attend so
 */
export const decoderGraph = (
  extended: ExtendedDecoder<Decoder>,
  source: WeightSource,
  options: GraphOptions = {},
): ModelProto => {
  const {
    operators = "all",
    precision = "float32",
    attention: form = "operators",
    attentions,
    batch = 1,
  } = checkKeys("decoderGraph", "options", options, {
    operators: optional(oneOf(["all", "plain"] satisfies Operators[])),
    precision: optional(oneOf(["float32", "float16"] satisfies ProductPrecision[])),
    attention: optional(oneOf(attentionForms)),
    attentions: true,
    batch: optional(positive),
  });
  const readable = cachePrecisions.filter((cache) => cacheFormats[cache].operators.includes("plain"));
  if (operators === "plain" && !readable.includes(extended.cache))
    throw new RangeError(
      `decoderGraph: a graph of plain operators needs a cache in ${readable.join(" or ")}, got ${extended.cache}`,
    );
  if (batch > 1 && attentions !== undefined)
    throw new RangeError(`decoderGraph: attentions must be absent beside a batch, got a batch of ${batch}`);
  if (form === "kernel" && attentions !== undefined)
    throw new RangeError(`decoderGraph: attentions must be absent where a kernel attends, got ${attentions.what}`);
  const { decoder } = extended;
  const tape = newTape("decoder");
  const builder = { tape, weights: storedWeights(decoder.tensors, source, operators, precision), batchSize: batch };
  const ids = tape.input(decoderInputs.ids, "int64", [batch === 1 ? "seqLen" : "batchRows"]);
  const logitRows = tape.input(decoderInputs.logitRows, "int64", ["rows"]);
  const heads = batchHeads(extended, batch);
  const forms: Readonly<Record<typeof form, () => LayerAttention>> = {
    operators: () => chunkAttention(tape, heads, ids, operators, attentions),
    kernel: () => kernelAttention(tape, heads, ids),
  };
  const attention = forms[form]();
  const hidden = recordHidden(builder, decoder, ids, batch === 1 ? attention : attendBatch(attention, batch, decoder));
  const wanted = tape.op("Gather", [hidden, logitRows], { axis: 0 });
  giveLogits(tape, decoder.unembed(builder, wanted), decoder.vocabSize);
  const model = tape.model(decoderOpset);
  const graph = nameOutputs(fuseSkipNorms(model.graph!, tape.value));
  return withGraph(form === "kernel" ? stateValues(graph, tape.value) : graph, model);
};
