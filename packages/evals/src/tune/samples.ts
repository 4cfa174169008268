/**
 * The samples on which all candidates are measured. The losses of far predictions decide, those of near ones show harm inside the window.
 *
 *   a text                      windows of `length` tokens and one more; far: predictions from the trained window on; near: those before
 *   a prompt and its response   far: the tokens of the response, wherever what they ask for stands; near: nothing
 */
import { check } from "@ropewalk/check";
import type { LanguageModel, TextCodec } from "@ropewalk/generation";
import { tokenStream } from "../perplexity/token-stream.ts";

export type TuneSample = {
  readonly ids: readonly number[];
  /** Predictions from this position on decide; position p predicts token p + 1. */
  readonly far: number;
  /** Predictions before this position show harm inside the window. */
  readonly near: number;
  /** Tokens that are not scored as targets. */
  readonly masked: readonly number[];
};

/** A prompt, and the response of a model that uses all of the prompt. */
export type PromptAndResponse = { readonly prompt: string; readonly response: string };

type Model = Pick<LanguageModel, "source" | "text">;

const codecOf = ({ source, text }: Model): TextCodec => {
  if (text === undefined) throw new RangeError(`tuneSamples: ${source.name} must have a tokenizer, got none`);
  return text;
};

const answered = (
  codec: TextCodec,
  { prompt, response }: PromptAndResponse,
  length: number,
  index: number,
): TuneSample => {
  for (const [name, words] of [["prompt", prompt] as const, ["response", response] as const])
    check(words.trim() !== "", `tuneSamples: prompt ${index + 1} must have a ${name}`, words);
  const bare = codec.encode(prompt);
  const ids = codec.encode(prompt + response);
  let same = 0;
  while (same < bare.length && same < ids.length - 1 && bare[same] === ids[same]) same++;
  check(
    ids.length - 1 <= length,
    `tuneSamples: prompt ${index + 1} with its response must have at most ${length} tokens and one, the length`,
    ids.length,
  );
  // A tokenizer may join the response's first letters to the prompt's last.
  return { ids, far: Math.max(0, same - 1), near: 0, masked: [] };
};

/**
 * The samples of a text or of prompts, no more than are asked for.
 *
 * @param text - a text, documents, or prompts with their responses
 * @throws RangeError when the text is shorter than one window, a prompt is longer than the length, or the model has no tokenizer
 */
export const tuneSamples = (
  model: Model,
  text: string | readonly string[] | readonly PromptAndResponse[],
  { length, samples, separator }: { readonly length: number; readonly samples: number; readonly separator?: string },
): readonly TuneSample[] => {
  const codec = codecOf(model);
  const { trainedContext } = model.source.decoder;
  const [first] = typeof text === "string" ? [] : text;
  if (typeof first === "object")
    return (text as readonly PromptAndResponse[])
      .slice(0, samples)
      .map((one, index) => answered(codec, one, length, index));
  const words = text as string | readonly string[];
  const stream = tokenStream(model, words, { length, windows: 1, separator });
  const windows = Math.min(samples, Math.floor((stream.ids.length - 1) / length));
  const more = windows < samples ? tokensUpTo(model, words, { length, windows: samples, separator }) : stream;
  const fit = Math.min(samples, Math.floor((more.ids.length - 1) / length));
  return Array.from({ length: fit }, (_, window): TuneSample => ({
    ids: more.ids.slice(window * length, (window + 1) * length + 1),
    far: trainedContext,
    near: trainedContext,
    masked: more.masked,
  }));
};

/** The number of windows in the text, at most as many as asked for. */
const tokensUpTo = (
  model: Model,
  text: string | readonly string[],
  asked: { readonly length: number; readonly windows: number; readonly separator: string | undefined },
) => {
  for (let windows = asked.windows; ; windows--) {
    try {
      return tokenStream(model, text, { ...asked, windows });
    } catch (error) {
      if (windows === 1 || !(error instanceof RangeError)) throw error;
    }
  }
};
