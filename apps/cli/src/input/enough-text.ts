/** A text as tokens, enough for the windows that are asked for, or an error that names the flags. */
import { tokenStream, type TokenStream } from "@ropewalk/evals";
import type { OpenedModel } from "@ropewalk/generation";

type Asked = Parameters<typeof tokenStream>[2];

/** What the library calls its options, as flags. */
const flags: readonly (readonly [RegExp, string])[] = [
  [/^tokenStream: /, ""],
  [/^the text must/, "the text of --text must"],
  [/^(separator|stride|windows|length) must/, "--$1 must"],
  [/\b(windows|length) (\d+)\b/g, "--$1 $2"],
  [/ with --windows 1 would/, " --windows 1 would"],
];

/** @throws RangeError when the text has too few tokens, or the separator does not occur in it */
export const enoughTokens = (
  command: string,
  opened: OpenedModel,
  text: Parameters<typeof tokenStream>[1],
  asked: Asked,
): TokenStream => {
  try {
    return tokenStream(opened, text, asked);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const words = flags.reduce((said, [from, to]) => said.replace(from, to), error.message);
    throw new RangeError(`${command}: ${words}`, { cause: error });
  }
};
