/** The options of guessing, and the source of guesses that they ask for. */
import { showName } from "@ropewalk/check";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import type { TokenizerFiles } from "@ropewalk/models";
import { checkCapacity, type BeyondCapacity } from "../overflow/capacity.ts";
import { draftSource, defaultDraftTokens, type DraftOptions } from "./draft.ts";
import { defaultDraft, lookup, type LookupOptions } from "./lookup.ts";
import type { GuessSource } from "./guess-source.ts";
import { differentToken } from "./same-vocabulary.ts";

export type GuessOptions = {
  /** Guesses the tokens that followed the same tokens earlier in the text. The run gives the same tokens as without guesses. */
  readonly lookup?: LookupOptions;
  /** Guesses by a smaller model of the same vocabulary. The run gives the same tokens as without guesses. */
  readonly draft?: DraftOptions;
};

/** The parts of a model that its draft model must fit. */
export type Guessed = { readonly extended: ExtendedDecoder; readonly tokenizer?: TokenizerFiles | undefined };

/** @throws RangeError where the two models have different tokens for an id, or the draft knows no positions for the run */
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

/** How to open the source of guesses, and how many tokens it may guess at once. */
export type Guessing = { readonly most: number; readonly open: () => GuessSource };

/**
 * The source of a run's guesses. Undefined where no guesses are asked for. Nothing is held before the source is opened.
 *
 * @throws RangeError where both sources are asked for, or several steps a run beside them, or the draft model does not fit
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
