/** What a run is told about guesses: where they come from, or that there are none. */
import { showName } from "@ropewalk/check";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import type { TokenizerFiles } from "@ropewalk/models";
import { checkCapacity, type BeyondCapacity } from "../overflow/capacity.ts";
import { draftSource, defaultDraftTokens, type DraftOptions } from "./draft.ts";
import { defaultDraft, lookup, type LookupOptions } from "./lookup.ts";
import type { GuessSource } from "./source.ts";
import { differentToken } from "./vocabulary.ts";

export type GuessOptions = {
  /** Guesses what followed the same tokens earlier in the text; the tokens are those of a run without. */
  readonly lookup?: LookupOptions;
  /** Guesses what a smaller model of the same vocabulary would say; the tokens are those of a run without. */
  readonly draft?: DraftOptions;
};

/** What of a model its guesses must fit. */
export type Guessed = { readonly extended: ExtendedDecoder; readonly tokenizer?: TokenizerFiles | undefined };

/** @throws RangeError where the two do not mean the same by an id, or the draft knows no positions for the run */
const checkDraftFits = (
  { extended, tokenizer }: Guessed,
  { model }: DraftOptions,
  length: number,
  beyond: BeyondCapacity | undefined,
): void => {
  const [wanted, got] = [extended.decoder.vocabSize, model.extended.decoder.vocabSize];
  if (wanted !== got)
    throw new RangeError(
      `generate: draft.model must have a vocabulary of ${wanted} tokens, as the model has, got ${got}`,
    );
  const other = differentToken(tokenizer, model.source.tokenizer);
  if (other !== undefined)
    throw new RangeError(
      `generate: draft.model must have the tokenizer of the model, got ${showName(other.token)} as ${other.got} instead of ${other.wanted}`,
    );
  checkCapacity("generate: draft.model", model.extended, length, beyond);
};

/** A source of guesses, and how many it may guess at once. */
export type Guessing = { readonly most: number; readonly open: () => GuessSource };

/**
 * Where a run's guesses come from; undefined where there are none. Nothing is held before it is opened.
 *
 * @throws RangeError where both are asked for, or several steps a run beside them, or the draft does not fit
 */
export const guessingBy = (
  model: Guessed,
  options: GuessOptions & {
    readonly stepsPerRun?: number;
    readonly beyondCapacity?: BeyondCapacity;
    readonly signal?: AbortSignal;
  },
  length: number,
): Guessing | undefined => {
  const { lookup: looked, draft, stepsPerRun = 1, signal } = options;
  if (looked === undefined && draft === undefined) return undefined;
  const asked = looked === undefined ? "draft" : "lookup";
  if (looked !== undefined && draft !== undefined)
    throw new RangeError("generate: draft must be absent beside lookup: guesses come from one of them");
  if (stepsPerRun > 1)
    throw new RangeError(`generate: stepsPerRun must be 1 or absent beside ${asked}, got ${stepsPerRun}`);
  if (draft !== undefined) {
    checkDraftFits(model, draft, length, options.beyondCapacity);
    return { most: draft.tokens ?? defaultDraftTokens, open: () => draftSource(draft.model, { length, signal }) };
  }
  return { most: looked!.draft ?? defaultDraft, open: () => lookup(looked!) };
};
