/** `--lookup` and `--draft-model`: the next tokens are guessed, and one run checks several of them. */
import type { DraftOptions, GuessOptions, LookupOptions } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { number, numberList } from "./parse-numbers.ts";
import { load, open } from "../model/open-model.ts";
import type { SharedOptions } from "./shared.ts";

export type GuessFlags = {
  /** True: the flag stands without numbers. */
  readonly lookup?: true | LookupOptions;
  readonly draftModel?: string;
  readonly draftTokens?: number;
};

const lookupFrom = (text: string): LookupOptions => {
  if (!/^\d+(,\d+)?$/.test(text))
    throw new InvalidArgumentError(
      `must be the tokens that match and those that are guessed, as 3,8, or nothing where the flag stands behind the prompt, got ${text}`,
    );
  const [match, draft] = numberList(text);
  return { match: match!, ...(draft === undefined ? {} : { draft }) };
};

/** Adds the flags. */
export const withGuessOptions = (command: Command): Command =>
  command
    .option(
      "--lookup [match,draft]",
      "guess what followed the same tokens earlier in the text: the same output in fewer runs; without numbers 3,8, and then the flag stands behind the prompt",
      lookupFrom,
    )
    .option("--draft-model <model>", "guess with a smaller model of the same vocabulary: the same output in fewer runs")
    .option("--draft-tokens <n>", "tokens that the draft model guesses at once, at most; absent: 4", number);

/** The guesses of a run, and the function that releases a loaded draft model. */
type Opened = { readonly guesses: GuessOptions; readonly release: () => Promise<void> };

/** Loads the draft model, if there is one, under the same method and for the same length. Adapters belong to the main model alone. */
export const openGuesses = async (
  { lookup, draftModel, draftTokens, ...flags }: GuessFlags & SharedOptions,
  length: number,
  signal: AbortSignal,
): Promise<Opened> => {
  if (draftModel === undefined && draftTokens !== undefined)
    throw new InvalidArgumentError(`generate: --draft-tokens is read beside --draft-model, got ${draftTokens}`);
  const looked = lookup === undefined ? {} : { lookup: lookup === true ? {} : lookup };
  if (draftModel === undefined) return { guesses: looked, release: async () => {} };
  const { adapter: _, trainedContext: __, ...shared } = flags;
  const model: DraftOptions["model"] = await load(await open(draftModel, {}), shared, length, signal);
  const draft = { model, ...(draftTokens === undefined ? {} : { tokens: draftTokens }) };
  return { guesses: { ...looked, draft }, release: model.release };
};
