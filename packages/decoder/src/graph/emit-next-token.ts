/**
 * Nodes that pick the next token from logits l:
 *
 *   greedy   argmax l, the first of equals
 *   sample   w = exp((l - max l) / temperature) of the topK largest, the largest first, equals in the order of their tokens
 *            p = w / Σ w, kept while the p before it sum to less than topP         Holtzman et al., arXiv 1904.09751
 *            the first kept token whose w, added to the w before it, exceeds u Σ w over the kept, u the uniform number
 *
 * The token is -1 if the logits are not numbers. Sums are in float64 and in the order of plain loops on the host, so that both pick
 * the same token from the same logits.
 */
import { typeCode, type Tape, type Value } from "@ropewalk/graph";
import { emitAreNumbers, noToken } from "./give-logits.ts";

/** [1] each; topK is int64, the others are float64. */
export type SamplingValues = {
  readonly topK: Value;
  readonly temperature: Value;
  readonly topP: Value;
  readonly uniform: Value;
};

const drawn = (tape: Tape, logits: Value, { topK, temperature, topP, uniform }: SamplingValues): Value => {
  const axis = tape.constant("int64", [], [0]);
  const float64 = (x: Value): Value => tape.op("Cast", [x], { to: typeCode("float64") });
  const sums = (x: Value, exclusive: 0 | 1): Value => tape.op("CumSum", [x, axis], { exclusive });
  // The terms are never negative, so the largest partial sum is the sum of all.
  const total = (x: Value): Value => tape.op("ReduceMax", [sums(x, 0)], { keepdims: 1 });
  const [largest, tokens] = tape.ops("TopK", 2, [logits, topK], { axis: 0 });
  const wide = float64(largest!);
  const below = tape.op("Sub", [wide, tape.op("ReduceMax", [wide], { keepdims: 1 })]);
  const weights = tape.op("Exp", [tape.op("Div", [below, temperature])]);
  const before = sums(tape.op("Div", [weights, total(weights)]), 1);
  const kept = tape.op("Less", [before, topP]);
  const keptWeights = tape.op("Mul", [weights, float64(kept)]);
  const reached = sums(keptWeights, 0);
  const sought = tape.op("Mul", [uniform, total(keptWeights)]);
  const count = (condition: Value): Value =>
    tape.op("ReduceSum", [tape.op("Cast", [condition], { to: typeCode("int64") })], { keepdims: 1 });
  const last = tape.op("Sub", [count(kept), tape.constant("int64", [1], [1])]);
  const place = tape.op("Min", [count(tape.op("LessOrEqual", [reached, sought])), last]);
  return tape.op("Gather", [tokens!, place], { axis: 0 });
};

/** Logits [1, vocabSize] to a token [1] int64, -1 if they are not numbers. With topK 1 nothing is drawn. */
export const emitNextToken = (tape: Tape, logits: Value, sampling: SamplingValues): Value => {
  const greedy = tape.op("Squeeze", [tape.op("Equal", [sampling.topK, tape.constant("int64", [1], [1])])]);
  const [token] = tape.branch(greedy, {
    whenTrue: (arm) => [arm.op("ArgMax", [logits], { axis: 1, keepdims: 0 })],
    whenFalse: (arm) => [drawn(arm, arm.op("Reshape", [logits, arm.constant("int64", [1], [-1])]), sampling)],
  });
  return tape.op("Where", [emitAreNumbers(tape, logits), token!, tape.constant("int64", [], [noToken])]);
};
