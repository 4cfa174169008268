/** The statistics of a run in the SDK's types. */
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

/** The usage of a run that failed. */
export const unknownUsage: LanguageModelV4Usage = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/** This provider's metadata: times in milliseconds, and the seed. */
export const metadataOf = (
  { prefillTime, decodeTime, cacheBytes }: GenerationStats,
  sampling: Sampling,
): { readonly ropewalk: JSONObject } => ({
  ropewalk: { prefillTime, decodeTime, cacheBytes, ...(sampling.kind === "sample" && { seed: sampling.seed }) },
});
