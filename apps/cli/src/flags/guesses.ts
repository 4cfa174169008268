/** `--lookup` and `--draft-model`: what is likely to follow is guessed, and several tokens are run at once. */
import type { DraftOptions, GuessOptions, LookupOptions } from "@ropewalk/generation";
import { InvalidArgumentError, type Command } from "commander";
import { number, numberList } from "./parse-numbers.ts";
import { load, open } from "../model/open-model.ts";
import type { SharedOptions } from "./shared.ts";

export type GuessFlags = {
  /** As it stands without numbers. */
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
      "guess what followed the same tokens earlier in the text: the same tokens, in fewer runs; without numbers, behind the prompt: 3,8",
      lookupFrom,
    )
    .option("--draft-model <model>", "guess what a smaller model of the same vocabulary says: the same tokens")
    .option("--draft-tokens <n>", "tokens that it guesses at once, at most; absent: 4", number);

/** A draft that was loaded for a run, which releases it. */
type Opened = { readonly guesses: GuessOptions; readonly release: () => Promise<void> };

/** Loads the draft, if there is one, as the model itself: under the same method, for a run as long. Adapters are the model's own. */
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
