/** Applies a policy that is a function outside the worker, since a function cannot be sent. Ids and capacity are known outside too. */
import type { ExtendedDecoder } from "@ropewalk/decoder";
import type { GenerateOptions } from "../../generate/generate-options.ts";
import { fits, newTokensFor, shortenedStart } from "../../overflow/overflow-ids.ts";
import { promptIds, type Prompt, type PromptTexts } from "../../text/prompt.ts";

type Options = Omit<GenerateOptions, "onPrefill" | "onDone" | "onToken" | "onPrefix" | "signal">;

/** A prompt and options with the same result, without a policy that is a function. */
export const withoutPolicy = (
  { extended, texts }: { readonly extended: ExtendedDecoder; readonly texts: PromptTexts },
  prompt: Prompt,
  options: Options,
): readonly [Prompt, Options] => {
  const { beyondCapacity: policy, ...others } = options;
  if (typeof policy !== "function") return [prompt, options];
  const { after, maxNewTokens: asked } = others;
  const ids = promptIds("generate", texts, prompt, after !== undefined, after === undefined ? 1 : 0);
  const promptTokens = (after?.ids.length ?? 0) + ids.length;
  if (fits(extended, promptTokens, newTokensFor(asked, extended.capacity - promptTokens))) return [ids, others];
  const start = shortenedStart(extended, { after, ids }, asked, policy);
  const { after: _, ...rest } = others;
  return [
    start.ids,
    { ...rest, maxNewTokens: start.maxNewTokens, ...(start.after === undefined ? {} : { after: start.after }) },
  ];
};
