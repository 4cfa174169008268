/** Statistics of a run in the SDK's words. */
import type { JSONObject, LanguageModelV4FinishReason, LanguageModelV4Usage } from "@ai-sdk/provider";
import type { GenerationStats, Sampling } from "@ropewalk/generation";

export const finishReasonOf = ({ finish }: GenerationStats): LanguageModelV4FinishReason => ({
  unified: finish,
  raw: finish,
});

export const usageOf = ({ promptTokens, cachedTokens, newTokens }: GenerationStats): LanguageModelV4Usage => ({
  inputTokens: {
    total: promptTokens,
    noCache: promptTokens - cachedTokens,
    cacheRead: cachedTokens,
    cacheWrite: undefined,
  },
  outputTokens: { total: newTokens, text: newTokens, reasoning: undefined },
  raw: { promptTokens, cachedTokens, newTokens },
});

/** Of a run that broke off. */
export const unknownUsage: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/** Times in milliseconds, and the seed that was drawn with. */
export const metadataOf = (
  { prefillTime, decodeTime, cacheBytes }: GenerationStats,
  sampling: Sampling,
): { readonly ropewalk: JSONObject } => ({
  ropewalk: { prefillTime, decodeTime, cacheBytes, ...(sampling.kind === "sample" && { seed: sampling.seed }) },
});
