/** Keys and values without encoding, one array each, [numKvHeads, tokens, headDim]: the common part of float32 and float16. */
import type { CacheArray, CacheFormat, RecentFormat } from "./format.ts";

type Dense = Pick<RecentFormat, "type" | "step" | "give"> & Pick<CacheFormat, "operators" | "forExports">;

export const denseFormat = ({ operators, forExports, ...elements }: Dense): CacheFormat => {
  const array = (suffix: string): CacheArray => ({
    suffix,
    type: elements.type,
    per: "token",
    shape: (headDim) => [headDim],
  });
  const recent: RecentFormat = {
    ...elements,
    counted: { as: "Len", tokens: 1 },
    keys: [array("keys")],
    values: [array("values")],
  };
  return {
    ...recent,
    recent,
    settledOnly: false,
    operators,
    forExports,
    fewTokens: 32,
    emit: (_, { queries, gate, array: read }) => ({
      kind: "dense",
      queries,
      gate,
      keys: read("keys"),
      values: read("values"),
    }),
  };
};
