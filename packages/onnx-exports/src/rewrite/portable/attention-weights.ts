/**
 * What a query attends to, and as much of it as the graph gives out beside the export's own outputs. Layer N:
 *
 *     P = softmax(softcap(S) + mask)                                       [batch, numHeads, queryLen, keys]
 *
 *     maps        decoder_attentions.N = P                                 [batch, numHeads, queryLen, keys]
 *     entropies   decoder_attentions.N = - sum_j P_j ln(P_j)  in nats      [batch, numHeads, queryLen]
 *
 * 0 ln(0) = 0: what is below the least normal float32 counts as that in the logarithm, so that 0 times it is 0. The keys are
 * past and new ones, and under a bare window the last of them, those that any query sees. Both outputs are float32.
 */
import type { Attentions } from "@ropewalk/decoder";
import type { Dim, Tape, Value } from "@ropewalk/graph";
import { match } from "ts-pattern";
import type { AttentionMatch } from "../../recognise/attention-match.ts";
import { integers, type EmitContext } from "./emit-context.ts";
import type { EmitGroup } from "./emit-group.ts";

export type WeightsRequest = {
  readonly attentionMatch: AttentionMatch;
  /** Which layer it is, from 0. */
  readonly index: number;
  readonly group: EmitGroup;
  /** What is given out; undefined: nothing. */
  readonly attentions: Attentions | undefined;
};

/** Programs that collect attentions, such as transformers.js, know them by the beginning of this name. */
const outputName = (index: number): string => `decoder_attentions.${index}`;

/** The number of keys by a name: layers that look at as many have the same. */
const keysOf = ({ attentionPath }: EmitGroup): Dim =>
  attentionPath.kind === "window" ? `keys.${attentionPath.window}` : "keys";

/** The least normal float32. */
const least = 2 ** -126;

const emitEntropies = (context: EmitContext, weights: Value, output: string): Value => {
  const { tape } = context;
  const number = (x: number): Value => tape.constant("float32", [], [x]);
  const logarithms = tape.op("Log", [tape.op("Max", [weights, number(least)])]);
  const sums = tape.op("ReduceSum", [tape.op("Mul", [weights, logarithms]), integers(context, -1)], { keepdims: 0 });
  // Not Neg, which makes -0 of a query that attends to one key.
  return tape.op("Sub", [number(0), sums], {}, { output });
};

const emitSoftcap = (tape: Tape, softcap: number, scores: Value): Value => {
  if (softcap === 0) return scores;
  const [cap, inverse] = [softcap, 1 / softcap].map((x) => tape.constant("float32", [], [x]));
  return tape.op("Mul", [tape.op("Tanh", [tape.op("Mul", [scores, inverse!])]), cap!]);
};

/** softmax(softcap(scores) + mask), [batch, numHeads, queryLen, keys], and the graph's outputs that are asked for. */
export const emitWeights = (
  context: EmitContext,
  { attentionMatch, index, group, attentions }: WeightsRequest,
  { scores, mask }: { readonly scores: Value; readonly mask: Value },
): Value => {
  const { tape } = context;
  const name = outputName(index);
  const masked = tape.op("Add", [emitSoftcap(tape, attentionMatch.softcap, scores), mask]);
  const softmax = (options: { readonly output?: string } = {}): Value =>
    tape.op("Softmax", [masked], { axis: -1 }, options);
  const give = (value: Value, ...dims: readonly Dim[]): void =>
    void tape.output(name, {
      ...value,
      type: "float32",
      dims: ["batch", attentionMatch.numHeads, "queryLen", ...dims],
    });
  return match(attentions)
    .with(undefined, () => softmax())
    .with("maps", () => {
      const weights = softmax({ output: name });
      give(weights, keysOf(group));
      return weights;
    })
    .with("entropies", () => {
      const weights = softmax();
      give(emitEntropies(context, weights, name));
      return weights;
    })
    .exhaustive();
};
