/**
 * LongRoPE, Ding et al., arXiv 2402.13753, as Hugging Face transformers computes it (`longrope`):
 *
 *     factor(j)      = longFactor(j) when seqLen > L, else shortFactor(j)        L = originalContext
 *     f'(j)          = f(j) / factor(j)
 *     attentionScale = attentionFactor, or sqrt(1 + ln(factor) / ln(L))
 */
import { aboveZero, checkArray } from "@ropewalk/check";
import type { Basis, Change, ScalingOf } from "../scaling.ts";

export const longrope = (scaling: ScalingOf<"longrope">, { rotaryDim, seqLen }: Basis): Change => {
  const { factor, originalContext } = scaling;
  const listed = (name: "shortFactor" | "longFactor"): readonly number[] => {
    const list = scaling[name];
    checkArray("ropeFrequencies", name, list, "Array", rotaryDim / 2);
    for (const each of list) aboveZero("ropeFrequencies", name, each);
    return list;
  };
  const [short, long] = [listed("shortFactor"), listed("longFactor")];
  const factors = seqLen > originalContext ? long : short;
  return {
    frequency: (f, j) => f / factors[j]!,
    attentionScale: scaling.attentionFactor ?? Math.sqrt(1 + Math.log(factor) / Math.log(originalContext)),
  };
};
