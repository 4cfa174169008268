/**
 * The SDK's settings as options of `generate`; what is asked for and cannot be done is said or refused.
 *
 *   temperature 0                               greedy
 *   temperature absent, and topP, topK or seed  drawn at temperature 1
 *   all absent                                  greedy
 */
import { UnsupportedFunctionalityError, type LanguageModelV4CallOptions, type SharedV4Warning } from "@ai-sdk/provider";
import type { Sampling } from "@ropewalk/generation";

/** A seed where none is asked for; the metadata of the answer has it. */
const anySeed = (): number => Math.floor(Math.random() * 2 ** 31);

const given = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

export const samplingOf = ({ temperature, topP, topK, seed }: LanguageModelV4CallOptions): Sampling => {
  const draws = temperature === undefined ? Object.keys(given({ topP, topK, seed })).length > 0 : temperature !== 0;
  return draws
    ? { kind: "sample", temperature: temperature ?? 1, seed: seed ?? anySeed(), ...given({ topP, topK }) }
    : { kind: "greedy" };
};

/** Refuses what an answer without would be wrong for, and warns of the rest. */
export const checkAsked = (
  { responseFormat, tools = [], toolChoice, reasoning, stopSequences = [], ...penalties }: LanguageModelV4CallOptions,
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
  if (stopSequences.length > 0) warn({ type: "unsupported", feature: "stopSequences" });
  for (const feature of ["presencePenalty", "frequencyPenalty"] as const)
    if ((penalties[feature] ?? 0) !== 0) warn({ type: "unsupported", feature });
};
