/** A request's sampling fields as the sampling of `generate`. */
import type { Sampling } from "@ropewalk/generation";
import type { AnswerBody } from "./schema.ts";

type Adjustments = Omit<Extract<Sampling, { readonly kind: "greedy" }>, "kind">;

const randomSeed = (): number => crypto.getRandomValues(new Int32Array(1))[0]!;

/** The adjustments of logits, which apply to drawn and greedy tokens alike. */
const adjustmentsOf = (body: AnswerBody): Adjustments => ({
  ...(body.logit_bias === undefined ? {} : { logitBias: body.logit_bias }),
  ...(body.repetition_penalty === undefined ? {} : { repetitionPenalty: body.repetition_penalty }),
  ...(body.frequency_penalty === undefined ? {} : { frequencyPenalty: body.frequency_penalty }),
  ...(body.presence_penalty === undefined ? {} : { presencePenalty: body.presence_penalty }),
});

/** The sampling of each answer, with OpenAI's default of temperature 1. Every answer of a request has a seed of its own. */
export const samplingOf = (body: AnswerBody): ((index: number) => Sampling) => {
  const { temperature = 1, top_p: topP = 1, top_k: topK = 0, min_p: minP = 0, seed = randomSeed() } = body;
  const adjustments = adjustmentsOf(body);
  if (temperature === 0 || topP === 0) return () => ({ kind: "greedy", ...adjustments });
  const cuts = {
    ...(topP === 1 ? {} : { topP }),
    ...(topK > 0 ? { topK } : {}),
    ...(minP === 0 ? {} : { minP }),
  };
  return (index) => ({ kind: "sample", temperature, ...cuts, ...adjustments, seed: seed + index });
};
