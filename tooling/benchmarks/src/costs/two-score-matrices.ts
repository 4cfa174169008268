/**
 * SelfExtend as it is usually written, for the same decoder: every key is scored in both rotations, and each pair takes the
 * one of its distance.
 *
 *   D[i, j] = i - j
 *   S = Where(D < W, Q_near K_nearᵀ, Q_far K_farᵀ) + (D < 0 ? maskedScore : 0)
 *   out = softmax(S) V
 *
 * Two score matrices [queryLen, keyLen] a head. Keys lie rotated in a cache, head by head, and distances are compared once for
 * all layers. Cached and new keys meet before the product, as their rows, or behind it, as scores: the first copies
 * keyLen x headDim numbers a head, the second queryLen x keyLen and never touches the cache.
 */
import { emitGroupHeads, emitScores, emitRepeatPerGroup, emitUngroup } from "@ropewalk/attention-merge/onnx";
import {
  maskedScore,
  decoderInputs as shared,
  decoderOutputs,
  storedWeights,
  type Attend,
  type Decoder,
  type ExtendedDecoder,
  type WeightSource,
} from "@ropewalk/decoder";
import { tape as newTape, type ModelProto, type Tape, type Value } from "@ropewalk/graph";
import { emitRotaryEmbedding } from "@ropewalk/rope/onnx";

const layer = (index: number, name: string): string => `layers.${index}.${name}`;

/** Names of its own inputs; ids, rows, rotations and scales have the decoder graph's. */
export const scoreMatrixInputs = {
  /** [seqLen, 1] and [1, keyLen] int64 */
  queryPositions: "query_positions",
  keyPositions: "key_positions",
  /** [1, numKvHeads, pastLen, headDim] each */
  pastKeys: (index: number, band: number): string => layer(index, `past_${band === 0 ? "near" : "far"}_keys`),
  pastValues: (index: number): string => layer(index, "past_values"),
} as const;

/** What belongs to a pair of positions, [group * seqLen, keyLen]: whether it is near, and its causal mask. */
type Pairs = { readonly isNear: Value; readonly causal: Value };

const pairsOf = (tape: Tape, { decoder, attentionPath }: ExtendedDecoder): Pairs => {
  if (attentionPath.kind !== "near-far")
    throw new RangeError(`twoScoreMatrices: the bands must be near and far, got ${attentionPath.kind}`);
  const distance = tape.op("Sub", [
    tape.input(scoreMatrixInputs.queryPositions, "int64", ["seqLen", 1]),
    tape.input(scoreMatrixInputs.keyPositions, "int64", [1, "keyLen"]),
  ]);
  const below = (limit: number): Value => tape.op("Less", [distance, tape.constant("int64", [], [limit])]);
  const scalar = (value: number): Value => tape.constant("float32", [], [value]);
  return {
    isNear: emitRepeatPerGroup(tape, decoder, below(attentionPath.window)),
    causal: emitRepeatPerGroup(tape, decoder, tape.op("Where", [below(0), scalar(maskedScore), scalar(0)])),
  };
};

type Rotation = { readonly cos: Value; readonly sin: Value };

/** Rotations of the chunk's queries and keys, near and far. */
const rotationsOf = (tape: Tape, { decoder, positions }: ExtendedDecoder) => {
  const rotation = (band: number, side: "query" | "key", shape: (table: Value) => Value): Rotation => {
    const table = (part: "cos" | "sin"): Value => {
      const rows = tape.input(shared.rotation(0, band, side, part), "float32", ["seqLen", decoder.rope.rotaryDim / 2]);
      return tape.op("Unsqueeze", [shape(rows), tape.constant("int64", [1], [0])]);
    };
    return { cos: table("cos"), sin: table("sin") };
  };
  return positions.bands.map((_, band) => ({
    query: rotation(band, "query", (table) => emitRepeatPerGroup(tape, decoder, table)),
    key: rotation(band, "key", (table) => table),
  }));
};

/** Where cached and new keys meet. */
export type Meeting = "keys" | "scores";

/** Records the graph of the whole decoder with this attention; its outputs are the decoder graph's. */
export const twoScoreMatrices = (
  extended: ExtendedDecoder<Decoder>,
  source: WeightSource,
  meeting: Meeting,
): ModelProto => {
  const { decoder } = extended;
  const { numLayers, numKvHeads, headDim, rope } = decoder;
  const tape = newTape("two-score-matrices");
  const weights = storedWeights(decoder.tensors, source);
  const ids = tape.input(shared.ids, "int64", ["seqLen"]);
  const logitRows = tape.input(shared.logitRows, "int64", ["rows"]);
  const queryScale = tape.input(shared.queryScale, "float32", [numLayers, "seqLen", 1]);
  const rotations = rotationsOf(tape, extended);
  const { isNear, causal } = pairsOf(tape, extended);
  const rotary = { layout: rope.layout, numHeads: numKvHeads, headDim, rotaryDim: rope.rotaryDim };

  const attendIn =
    (own: Tape, index: number): Attend =>
    ({ query, key, value }) => {
      const past = (name: string): Value => own.input(name, "float32", [1, numKvHeads, "pastLen", headDim]);
      const meetings: Readonly<Record<typeof meeting, (turned: Value, before: Value, fresh: Value) => Value>> = {
        keys: (turned, before, fresh) => emitScores(own, turned, own.op("Concat", [before, fresh], { axis: 2 })),
        scores: (turned, before, fresh) =>
          own.op("Concat", [emitScores(own, turned, before), emitScores(own, turned, fresh)], { axis: 3 }),
      };
      const scored = meetings[meeting];
      const scale = own.op("Gather", [queryScale, own.constant("int64", [], [index])], { axis: 0 });
      const queries = emitGroupHeads(own, decoder, own.op("Mul", [query, scale]));
      const keys = key;
      const [near, far] = rotations.map((rotation, band) => {
        const output = decoderOutputs.newKeys(index, band);
        const turned = emitRotaryEmbedding(own, rotary, keys, rotation.key.cos, rotation.key.sin, { output });
        own.output(output, turned);
        const turnedQueries = emitRotaryEmbedding(own, rotary, queries, rotation.query.cos, rotation.query.sin);
        return scored(turnedQueries, past(scoreMatrixInputs.pastKeys(index, band)), turned);
      });
      const output = decoderOutputs.newValues(index);
      const fresh = own.output(output, own.op("Identity", [value], {}, { output }));
      const values = own.op("Concat", [past(scoreMatrixInputs.pastValues(index)), fresh], { axis: 2 });
      const scores = own.op("Add", [own.op("Where", [isNear, near!, far!]), causal]);
      const probabilities = own.op("Softmax", [scores], { axis: -1 });
      return emitUngroup(own, decoder, own.op("MatMul", [probabilities, values]));
    };

  let hidden = decoder.embed({ tape, weights, batchSize: 1 }, ids);
  for (let index = 0; index < numLayers; index++) {
    const scope = tape.scope(`layers.${index}`);
    hidden = decoder.layer({ tape: scope, weights, batchSize: 1 }, index, hidden, attendIn(scope.scope("attn"), index));
  }
  const wanted = tape.op("Gather", [hidden, logitRows], { axis: 0 });
  tape.output(decoderOutputs.logits, decoder.unembed({ tape, weights, batchSize: 1 }, wanted));
  return tape.model({ opset: 23, irVersion: 11 });
};
