/**
 * The factor of a layer's queries at position i, from 0:
 *
 *     scale * max(least, ln(i + 1) / logContext)
 *
 * `scale` is the factor of the layer's scores. `least` and `logContext` are those of the entropy scaling.
 */
import { queryScaleCurve, type EntropyScaling } from "@ropewalk/entropy-scaling";
import type { Value } from "@ropewalk/graph";
import type { EmitContext } from "./emit-context.ts";
import type { Positions } from "./positions.ts";

/** float32, [] or [batch, 1, queryLen, 1]. */
export const emitQueryScale = (
  context: EmitContext,
  positions: Positions,
  {
    layer,
    scale,
    entropy,
  }: { readonly layer: number; readonly scale: number; readonly entropy: EntropyScaling | undefined },
): Value => {
  const { tape } = context;
  const curve = entropy && queryScaleCurve(entropy, layer);
  const { least = 1, logContext = Infinity } = curve ?? {};
  const number = (x: number): Value => tape.constant("float32", [], [x]);
  if (logContext === Infinity) return number(scale * least);
  return context.once(`query scale ${scale} ${least} ${logContext}`, () => {
    const inner = tape.scope("query-scale");
    const counts = inner.op("Add", [positions.queries, inner.constant("int32", [], [1])]);
    const logarithm = inner.op("Log", [inner.op("Cast", [counts], { to: 1 })]);
    const curved = inner.op("Max", [inner.op("Mul", [logarithm, number(1 / logContext)]), number(least)]);
    const axes = tape.constant("int64", [2], [1, 3]);
    return inner.op("Unsqueeze", [inner.op("Mul", [curved, number(scale)]), axes]);
  });
};
