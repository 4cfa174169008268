/**
 * The weights of one layer's attention, and the output that the graph gives of them on request. For layer N:
 *
 *     P = softmax(softcap(S) + mask)                                       [batch, numHeads, queryLen, keys]
 *
 *     maps        decoder_attentions.N = P                                 [batch, numHeads, queryLen, keys]
 *     entropies   decoder_attentions.N = - sum_j P_j ln(P_j)  in nats      [batch, numHeads, queryLen]
 *
 * 0 ln(0) is 0: the logarithm takes weights below the least normal float32 as that number, and 0 times its logarithm is 0. Keys
 * are all past and new ones; under a window alone they are the last ones that any query sees. Both outputs are float32.
 */
import type { Attentions } from "@ropewalk/decoder";
import type { Dim, Tape, Value } from "@ropewalk/graph";
import type { AttentionMatch } from "../../recognise/attention-match.ts";
import { integers, type EmitContext } from "./emit-context.ts";
import type { EmitGroup } from "./emit-group.ts";

export type WeightsRequest = {
  readonly attentionMatch: AttentionMatch;
  /** The layer's number, from 0. */
  readonly index: number;
  readonly group: EmitGroup;
  /** The output on request; undefined: none. */
  readonly attentions: Attentions | undefined;
};

/** The beginning of the name is fixed: programs that collect attentions, such as transformers.js, look for it. */
const outputName = (index: number): string => `decoder_attentions.${index}`;

/** The name of the axis of keys. Layers with the same number of keys share the name. */
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

/** The weights softmax(softcap(scores) + mask), [batch, numHeads, queryLen, keys]. The output on request is recorded too. */
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
  const given: Readonly<Record<Attentions, () => Value>> = {
    maps: () => {
      const weights = softmax({ output: name });
      give(weights, keysOf(group));
      return weights;
    },
    entropies: () => {
      const weights = softmax();
      give(emitEntropies(context, weights, name));
      return weights;
    },
  };
  return attentions === undefined ? softmax() : given[attentions]();
};
