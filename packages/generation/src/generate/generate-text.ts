/** Text that follows a prompt: the tokens of a run as pieces of text, which ends at a stop string too. */
import { checkGenerateOptions } from "./check-options.ts";
import type { GenerateOptions, TokenOptions } from "./generate-options.ts";
import { stopsOf } from "../text/stop-strings.ts";
import { textStream } from "../text/text-stream.ts";
import type { TextCodec } from "../text/text-codec.ts";

/** @param run - the tokens of the run, which ends when it is told that its reader has found the end */
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
  const given = run({ ...others, ...stopTokens }, () => hasEnded);
  return textStream(codec, given, { stopStrings: strings, onStop: () => (hasEnded = true) });
};
