/**
 * A decoder with its extension as one ONNX graph for a block of decode steps: a Loop that runs a token, picks the next one, and
 * runs that.
 *
 * But for its token ids, a block of N steps from position s on is the chunk of N queries from s on, run row by row: step t reads
 * row t of the chunk's rotations, scales and masks, and the causal mask hides the rows that later steps will write. So a block
 * reads what a chunk reads, and leaves what a chunk leaves. The cache and the weights are read from outside the Loop.
 */
import { tape as newTape, valueOfInfo, type ModelProto, type Tape, type Value } from "@ropewalk/graph";
import type { Decoder } from "./decoder.ts";
import type { ExtendedDecoder } from "./extend.ts";
import { decoderGraph } from "./graph.ts";
import { recordHidden } from "./hidden.ts";
import { inputs, outputs } from "./interface.ts";
import { emitNextToken } from "./next-token.ts";
import { storedWeights, type WeightSource } from "./stored-weights.ts";

const notRead: readonly string[] = [inputs.ids, inputs.logitRows];

/** What a chunk reads, declared under its names. */
const declareReads = (tape: Tape, chunk: ModelProto): ReadonlyMap<string, Value> =>
  new Map(
    chunk
      .graph!.input.map(valueOfInfo)
      .filter(({ name }) => !notRead.includes(name))
      .map(({ name, type, dims }) => [name, tape.input(name, type!, dims!)]),
  );

/** Row `step` [1] of what has a row for each token of the chunk; the rest as it is. */
const stepOf = (tape: Tape, step: Value, value: Value): Value => {
  const axis = value.dims!.indexOf("seqLen");
  return axis < 0 ? value : tape.op("Gather", [value, step], { axis });
};

/** Whether a token [1] is none of `stops` [count]. */
const goesOn = (tape: Tape, token: Value, stops: Value): Value => {
  const nearest = tape.op("ReduceMin", [tape.op("Abs", [tape.op("Sub", [stops, token])])], { keepdims: 0 });
  return tape.op("Greater", [nearest, tape.constant("int64", [], [0])]);
};

/**
 * Records the graph. It is fed as a chunk is, with the first token alone as its ids, and with what the next ones are picked by.
 *
 * @param source - where each of the decoder's tensors lies
 */
export const blockGraph = (extended: ExtendedDecoder<Decoder>, source: WeightSource): ModelProto => {
  const { decoder } = extended;
  const tape = newTape("block");
  const weights = storedWeights(decoder.tensors, source);
  const chunk = decoderGraph(extended, source);
  const first = tape.input(inputs.ids, "int64", [1]);
  const reads = declareReads(tape, chunk);
  const stops = tape.input(inputs.stopTokens, "int64", ["count"]);
  const uniforms = tape.input(inputs.uniforms, "float64", ["seqLen"]);
  const topK = tape.input(inputs.topK, "int64", [1]);
  const temperature = tape.input(inputs.temperature, "float64", [1]);
  const topP = tape.input(inputs.topP, "float64", [1]);

  const length = tape.op("Shape", [uniforms]);
  const { numKvHeads, headDim } = decoder;
  const [one, heads, width] = [1, numKvHeads, headDim].map((size) => tape.constant("int64", [1], [size]));
  const shape = tape.op("Concat", [one, heads, length, width], { axis: 0 });
  const empty = { ...tape.op("ConstantOfShape", [shape]), dims: [1, numKvHeads, "seqLen", headDim] };
  const range = tape.op("Range", [
    tape.constant("int64", [], [0]),
    tape.op("Squeeze", [length]),
    tape.constant("int64", [], [1]),
  ]);
  const rows = tape.op("Reshape", [range, tape.constant("int64", [4], [1, 1, -1, 1])]);

  const given = chunk.graph!.output.map(({ name }) => name).filter((name) => name !== outputs.logits);
  const { carried, stacked } = tape.loop(
    { steps: length, carried: [first, ...given.map(() => empty)] },
    (body, number, [id, ...before]) => {
      const step = body.op("Reshape", [number, body.constant("int64", [1], [1])]);
      const here = body.op("Equal", [rows, step]);
      const after = new Map(given.map((name, index) => [name, before[index]!]));
      const builder = { tape: body, weights };
      const read = (name: string): Value => stepOf(body, step, reads.get(name)!);
      const give = (name: string, record: () => Value): Value => {
        const written = body.op("Where", [here, record(), after.get(name)!]);
        after.set(name, written);
        return written;
      };
      const hidden = recordHidden(builder, extended, id!, { read, give }, "always");
      const uniform = stepOf(body, step, uniforms);
      const next = emitNextToken(body, decoder.unembed(builder, hidden), { topK, temperature, topP, uniform });
      return { condition: goesOn(body, next, stops), carried: [next, ...after.values()], stacked: [next] };
    },
  );
  const ran = tape.op("Reshape", [stacked[0]!, tape.constant("int64", [1], [-1])], {}, { output: outputs.tokens });
  tape.output(outputs.tokens, ran);
  // The rows of steps that were not run are left out.
  const [from, axis] = [0, 2].map((value) => tape.constant("int64", [1], [value]));
  const to = tape.op("Shape", [ran]);
  given.forEach((name, index) =>
    tape.output(name, tape.op("Slice", [carried[index + 1]!, from, to, axis], {}, { output: name })),
  );
  return tape.model({ opset: 23, irVersion: 11 });
};
