/** Streams the text that follows a prompt: the tokens of a run as pieces of text, up to a stop token or a stop string. */
import { checkGenerateOptions } from "./check-generate-options.ts";
import type { GenerateOptions, TokenOptions } from "./generate-options.ts";
import { stopsOf } from "../text/stop-strings.ts";
import { textStream } from "../text/text-stream.ts";
import type { TextCodec } from "../text/text-codec.ts";

/** @param run - gives the tokens of the run. The run ends when `hasEnded` says that the reader has found the end */
export const generateText = (
  codec: TextCodec,
  ownStopTokens: readonly number[],
  run: (options: TokenOptions, hasEnded: () => boolean) => AsyncGenerator<number, void, undefined>,
  options: GenerateOptions = {},
): AsyncGenerator<string, void, undefined> => {
  checkGenerateOptions(options);
  const { stopStrings = [], ...others } = options;
  const { strings, tokens } = stopsOf(codec, stopStrings);
  const stopTokens = tokens.length === 0 ? {} : { stopTokens: [...(options.stopTokens ?? ownStopTokens), ...tokens] };
  let hasEnded = false;
  const generated = run({ ...others, ...stopTokens }, () => hasEnded);
  const onStop = (): void => {
    hasEnded = true;
  };
  return textStream(codec, generated, { stopStrings: strings, onStop });
};
