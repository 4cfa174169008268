/**
 * Several decode steps in one run: a Loop whose body runs a token through a chunk's graph, picks the next token, and runs that.
 *
 * N steps from position s on read what a chunk of N queries from s on reads, except for the token ids. Step t reads row t of the chunk's
 * rotations, scales and masks; the causal mask hides the rows that later steps will write. So N steps take the inputs of a chunk and
 * give its outputs. The cache and the weights are read from outside the Loop.
 */
import { tape as newTape, valueOfInfo, type ModelProto, type Tape, type Value } from "@ropewalk/graph";
import type { DecoderSizes } from "../decoder.ts";
import { decoderInputs, decoderOutputs, isAttentions } from "../graph-interface.ts";
import { emitNextToken } from "../graph/emit-next-token.ts";
import { noToken } from "../graph/give-logits.ts";
import { chunkOfStep, namesInStep, placeInitializers } from "./chunk-in-step.ts";

/** The inputs of a chunk other than its ids, declared under the same names. */
const declareReads = (tape: Tape, chunk: ModelProto): ReadonlyMap<string, Value> =>
  new Map(
    chunk
      .graph!.input.map(valueOfInfo)
      .filter(({ name }) => name !== decoderInputs.ids && name !== decoderInputs.logitRows)
      .map(({ name, type, dims }) => [name, tape.input(name, type!, dims!)]),
  );

/** The inputs of several steps that a chunk does not have: how tokens are picked, and which tokens end the run. */
const declareChoice = (tape: Tape) => ({
  stops: tape.input(decoderInputs.stopTokens, "int64", ["count"]),
  uniforms: tape.input(decoderInputs.uniforms, "float64", ["seqLen"]),
  rule: {
    topK: tape.input(decoderInputs.topK, "int64", [1]),
    temperature: tape.input(decoderInputs.temperature, "float64", [1]),
    topP: tape.input(decoderInputs.topP, "float64", [1]),
  },
});

/** The outputs that have a row for each of `logitRows`. */
const rowOutputs: ReadonlySet<string> = new Set([decoderOutputs.logits, decoderOutputs.likeliest]);

/** Checks the chunk's outputs: the Loop picks tokens by logits, and writes keys and values as rows of float32. */
const checkChunk = (chunk: ModelProto): void => {
  const given = new Map((chunk.graph?.output ?? []).map((info) => [info.name, valueOfInfo(info).type]));
  if (!given.has(decoderOutputs.logits))
    throw new RangeError(
      `multiStepGraph: chunk must give out "${decoderOutputs.logits}", got ${[...given.keys()].join(", ") || "nothing"}`,
    );
  for (const name of given.keys())
    if (isAttentions(name))
      throw new RangeError(
        `multiStepGraph: chunk must give no attentions out, whose keys grow step by step, got "${name}"`,
      );
  for (const [name, type] of given)
    if (!rowOutputs.has(name) && type !== "float32")
      throw new RangeError(`multiStepGraph: chunk must give "${name}" out in float32, got ${type}`);
};

const sizes = (tape: Tape, ...values: readonly number[]): Value => tape.constant("int64", [values.length], values);

/** Zeros [1, numKvHeads, seqLen, headDim] for the keys or values of `length` steps, and the numbers [1, 1, seqLen, 1] of the rows. */
const emptyRows = (tape: Tape, { numKvHeads, headDim }: DecoderSizes, length: Value) => {
  const shape = tape.op("Concat", [sizes(tape, 1, numKvHeads), length, sizes(tape, headDim)], { axis: 0 });
  const [zero, one] = [tape.constant("int64", [], [0]), tape.constant("int64", [], [1])];
  const range = tape.op("Range", [zero, tape.op("Squeeze", [length]), one]);
  return {
    empty: { ...tape.op("ConstantOfShape", [shape]), dims: [1, numKvHeads, "seqLen", headDim] },
    numbers: tape.op("Reshape", [range, sizes(tape, 1, 1, -1, 1)]),
  };
};

/** Row `step` [1] of a value that has a row for each token of the chunk; any other value unchanged. */
const stepOf = (tape: Tape, step: Value, value: Value): Value => {
  const axis = value.dims!.indexOf("seqLen");
  return axis < 0 ? value : tape.op("Gather", [value, step], { axis });
};

/** Whether the Loop goes on after a token [1]: it is neither `noToken` nor one of `stops` [count]. */
const goesOn = (tape: Tape, token: Value, stops: Value): Value => {
  const none = tape.constant("int64", [1], [noToken]);
  const ends = tape.op("Concat", [stops, none], { axis: 0 });
  const nearest = tape.op("ReduceMin", [tape.op("Abs", [tape.op("Sub", [ends, token])])], { keepdims: 0 });
  return tape.op("Greater", [nearest, tape.constant("int64", [], [0])]);
};

/**
 * The graph of several steps. It takes the inputs of a chunk, with the first token alone as ids, and the inputs of the choice of
 * tokens.
 *
 * @param chunk - a graph as `decoderGraph` records it
 * @throws RangeError when the chunk's graph has no logits, has attention outputs, or has keys and values that are not float32
 */
export const multiStepGraph = (decoder: DecoderSizes, chunk: ModelProto): ModelProto => {
  checkChunk(chunk);
  const { numKvHeads, headDim, vocabSize } = decoder;
  const tape = newTape("block");
  const inStep = chunkOfStep(chunk.graph!);
  const keptNames = inStep.output.map(({ name }) => name).filter((name) => !rowOutputs.has(name));
  const rename = namesInStep(inStep, keptNames);

  const first = tape.input(decoderInputs.ids, "int64", [1]);
  const reads = declareReads(tape, chunk);
  const { stops, uniforms, rule } = declareChoice(tape);
  const length = tape.op("Shape", [uniforms]);
  const rows = emptyRows(tape, decoder, length);
  const firstRow = sizes(tape, 0);
  const { carried, stacked } = tape.loop(
    { steps: length, carried: [first, ...keptNames.map(() => rows.empty)] },
    (body, number, [id, ...before]) => {
      const step = body.op("Reshape", [number, sizes(body, 1)]);
      const here = body.op("Equal", [rows.numbers, step]);
      const inputs = new Map([
        [decoderInputs.ids, id!],
        [decoderInputs.logitRows, firstRow],
        ...Array.from(reads, ([name, value]) => [name, stepOf(body, step, value)] as const),
      ]);
      const uniform = stepOf(body, step, uniforms);
      const kept = new Map<string, Value>();
      // Attention reads the step's own row together with the rows of earlier steps.
      const writeRow = (output: string, index: number) => (fresh: Value) => {
        const row = { ...fresh, dims: [1, numKvHeads, 1, headDim] };
        // The number follows the order of the outputs, whichever the chunk computes first.
        const name = index === 0 ? "Where" : `Where_${index}`;
        const written = body.op("Where", [here, row, before[index]!], {}, { name });
        kept.set(output, written);
        return written;
      };
      const replace = new Map(keptNames.map((name, index) => [name, writeRow(name, index)]));
      const given = body.inline(inStep, { inputs, rename, replace });
      const logits: Value = { ...given.get(decoderOutputs.logits)!, type: "float32", dims: [1, vocabSize] };
      const next = emitNextToken(body, logits, { ...rule, uniform });
      return {
        condition: goesOn(body, next, stops),
        carried: [next, ...keptNames.map((name) => kept.get(name)!)],
        stacked: [next],
      };
    },
  );
  const tokens = tape.op("Reshape", [stacked[0]!, sizes(tape, -1)], {}, { output: decoderOutputs.tokens });
  tape.output(decoderOutputs.tokens, tokens);
  // Rows of steps that were not run are cut off.
  const [from, to, axis] = [sizes(tape, 0), tape.op("Shape", [tokens]), sizes(tape, 2)];
  keptNames.forEach((name, index) =>
    tape.output(name, tape.op("Slice", [carried[index + 1]!, from, to, axis], {}, { output: name })),
  );
  const ofChunk = new Set(inStep.initializer.map(({ name }) => rename(name)));
  return { ...chunk, graph: placeInitializers(tape.model().graph!, ofChunk) };
};
