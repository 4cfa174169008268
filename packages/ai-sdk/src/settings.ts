/**
 * The SDK's settings as options of `generate`. Settings that cannot be met give a warning or an error.
 *
 *   temperature 0                                     greedy
 *   temperature absent, and topP, topK, minP or seed  drawn at temperature 1
 *   all absent                                        greedy
 */
import { UnsupportedFunctionalityError, type LanguageModelV4CallOptions, type SharedV4Warning } from "@ai-sdk/provider";
import type { GenerateOptions, Sampling } from "@ropewalk/generation";

/** The sampling settings of the SDK. */
const named = ["temperature", "seed", "topK", "topP", "presencePenalty", "frequencyPenalty"] as const;

type Drawing = Extract<Sampling, { readonly kind: "sample" }>;

/** The sampling numbers that the SDK has no names for: `minP`, `repetitionPenalty`, `logitBias`. */
export type MoreSampling = Omit<Drawing, "kind" | (typeof named)[number]>;

/** The seed of a call that gives none. The answer's metadata reports it. */
const anySeed = (): number => Math.floor(Math.random() * 2 ** 31);

const defined = <Values extends object>(values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Values;

const checkMore = (more: MoreSampling): void => {
  const other = ["kind", ...named].find((name) => Object.hasOwn(more, name));
  if (other !== undefined)
    throw new TypeError(`ropewalk: sampling must have no ${other}, which the AI SDK's own settings say`);
};

export const samplingOf = (asked: LanguageModelV4CallOptions, more: MoreSampling = {}): Sampling => {
  checkMore(more);
  const { temperature, topP, topK, seed, presencePenalty, frequencyPenalty } = asked;
  const { minP, ...others } = more;
  const cuts = defined({ topK, topP, minP });
  const adjustments = defined({ presencePenalty, frequencyPenalty, ...others });
  const draws = temperature === undefined ? seed !== undefined || Object.keys(cuts).length > 0 : temperature !== 0;
  return draws
    ? ({ kind: "sample", temperature: temperature ?? 1, seed: seed ?? anySeed(), ...cuts, ...adjustments } as Drawing)
    : ({ kind: "greedy", ...adjustments } as Sampling);
};

/** The most tokens and the stop sequences of a call. */
export const endsOf = ({
  maxOutputTokens,
  stopSequences = [],
}: LanguageModelV4CallOptions): Pick<GenerateOptions, "maxNewTokens" | "stopStrings"> => ({
  ...(maxOutputTokens !== undefined && { maxNewTokens: maxOutputTokens }),
  ...(stopSequences.length > 0 && { stopStrings: stopSequences }),
});

/** Refuses settings without which the answer would be wrong, and warns of other unsupported ones. */
export const checkAsked = (
  { responseFormat, tools = [], toolChoice, reasoning }: LanguageModelV4CallOptions,
  warn: (warning: SharedV4Warning) => void,
): void => {
  const refuse = (functionality: string, instead: string): never => {
    throw new UnsupportedFunctionalityError({
      functionality,
      message: `ropewalk: an answer must be free text, asked for ${functionality}; ${instead}`,
    });
  };
  if (responseFormat?.type === "json") refuse("JSON", "ask for it in the prompt, and parse the text");
  if (toolChoice?.type === "required" || toolChoice?.type === "tool")
    refuse("a tool's call", "models are not told of tools here");
  if (tools.length > 0)
    warn({ type: "unsupported", feature: "tools", details: "The model is not told of tools, and calls none." });
  if (reasoning !== undefined && reasoning !== "provider-default")
    warn({ type: "unsupported", feature: "reasoning", details: "A model reasons as its chat template has it." });
};
