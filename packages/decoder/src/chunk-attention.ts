/** Attention over the cache and a chunk, for whoever records the layers around it. */
import { checkOneOf } from "@ropewalk/check";
import { emitCast } from "@ropewalk/attention-merge/onnx";
import type { Tape, Value } from "@ropewalk/graph";
import { match } from "ts-pattern";
import { attendIn, type Give } from "./attend.ts";
import type { Attend } from "./decoder.ts";
import { elementType, type ExtendedDecoder } from "./extend.ts";
import type { Operators } from "./operators.ts";
import { declareGroup, declareShared } from "./shared-inputs.ts";

/** The attention of layer `index`, recorded on a tape of the same recording. */
export type LayerAttention = (scope: Tape, index: number) => Attend;

/**
 * Declares what all layers read, and gives the attention of each.
 *
 * @param ids - the chunk's tokens [seqLen]
 * @returns the attention of layer `index`, recorded on a tape of the same recording; it declares that layer's part of the
 *   cache, and gives the layer's new keys and values out
 */
export const chunkAttention = (
  tape: Tape,
  extended: ExtendedDecoder,
  ids: Value,
  operators: Operators,
): LayerAttention => {
  if (operators === "all" && extended.cache === "float16")
    throw new RangeError(
      `chunkAttention: a cache in float16 needs a graph of plain operators, got one of ${operators}`,
    );
  const give = match(elementType(extended))
    .returnType<Give>()
    .with("float32", () => (name, record) => tape.output(name, record({ output: name })))
    .with("float16", () => (name, record) => {
      const whole = record();
      tape.output(name, emitCast(tape, whole, "float16", { output: name }));
      // The chunk attends to its own keys and values before they are rounded.
      return whole;
    })
    .exhaustive();
  // A graph of plain operators cannot ask: all heads at once, always.
  checkOneOf("chunkAttention", "operators", operators, ["all", "plain"]);
  const few = match(operators)
    .with("all", () => undefined)
    .with("plain", () => "always" as const)
    .exhaustive();
  const shared = declareShared(tape, extended, ids, few);
  const groups = extended.groups.map((group, place) => declareGroup(tape, shared, group, place));
  return (scope, index) => {
    const own = groups.find(({ group }) => group.layers.includes(index))!;
    return attendIn({ tape: scope, cache: extended.cache, give, shared, own, index });
  };
};
