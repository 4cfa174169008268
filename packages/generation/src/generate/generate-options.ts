/** The options of a run, the tokens that it reports, and the statistics that it gives at its end. */
import type { BeyondCapacity } from "../overflow/capacity.ts";
import type { GuessOptions } from "../guess/guess-options.ts";
import type { GuessStats } from "../guess/guessed-steps.ts";
import type { Overflow, OverflowPolicy } from "../overflow/overflow-policy.ts";
import type { AnyPrefix, LeftPrefix } from "../prefix/prefix.ts";
import type { Logprobs } from "../sampling/logprobs.ts";
import type { Mask } from "../sampling/mask.ts";
import type { Sampling } from "../sampling/sampling.ts";

export type GenerateOptions = GuessOptions & {
  /** How many tokens are generated, at most. Default 128, or fewer where the capacity leaves fewer. */
  readonly maxNewTokens?: number;
  /** How each next token is chosen. Default greedy. */
  readonly sampling?: Sampling;
  /** Tokens that end the text. They are not given out. Default: the checkpoint's own. */
  readonly stopTokens?: readonly number[];
  /** Texts that end the text. No part of them is given out. Only `generate` has them, since a token cannot be cut. */
  readonly stopStrings?: readonly string[];
  /** Rules out tokens that may not come next, such as those that would break a grammar. */
  readonly mask?: Mask;
  /** How many of the most likely tokens come with their log-probabilities. `onToken` gets these and that of the chosen token. */
  readonly logprobs?: number;
  /** Called for each token before it or its text is given out. Not called for a stop token. */
  readonly onToken?: (token: GeneratedToken) => void;
  /**
   * What happens where prompt and new tokens exceed the capacity: "refuse" refuses them, "allow" runs them all the same, and a policy decides
   * what is run instead: `keepEnds({ first })`, `regroup()`, or a function.
   */
  readonly beyondCapacity?: BeyondCapacity | Overflow | OverflowPolicy;
  /** The prefix that the prompt follows: a text that was read with `read`. It is not run again. */
  readonly after?: AnyPrefix;
  /** Tokens in a chunk of the prompt, at most. Default 512. */
  readonly chunkSize?: number;
  /** Tokens that are decoded in one run, at most; they are given out together. Default: as the backend likes it, or 1 beside guesses. */
  readonly stepsPerRun?: number;
  readonly signal?: AbortSignal;
  /** Called after each chunk of the prompt with the number of tokens done and of all prompt tokens that are run. */
  readonly onPrefill?: (done: number, total: number) => void;
  /** Called once with the statistics, at the end of a run that was not aborted. */
  readonly onDone?: (stats: GenerationStats) => void;
  /**
   * Called after `onDone` with the whole run as a prefix for later runs: the prompt, the tokens that were given out, and the stop token that
   * ended the run. The caller releases the prefix. Not called where a run of several steps went further than the tokens that were given out,
   * nor where a policy of `beyondCapacity` changed the run.
   */
  readonly onPrefix?: (prefix: LeftPrefix) => void;
};

/** The options of `generateTokens`. Stop strings are for text only. */
export type TokenOptions = Omit<GenerateOptions, "stopStrings">;

/** A token, with log-probabilities where they were asked for. */
export type GeneratedToken = { readonly token: number } & Partial<Logprobs>;

export type GenerationStats = {
  /** Tokens of the prompt and of its prefix. */
  readonly promptTokens: number;
  /** How many of these the prefix already had, so that they were not run. */
  readonly cachedTokens: number;
  readonly newTokens: number;
  /** Why the run ended: "stop" for a stop token or a stop string, "length" once there were as many tokens as asked for. */
  readonly finish: "stop" | "length";
  /** Milliseconds that the prompt took, and that the tokens after the first took. */
  readonly prefillTime: number;
  readonly decodeTime: number;
  /** Bytes of the key-value cache at the end, shared memory included. */
  readonly cacheBytes: number;
  /** How many guesses were made and were right. Absent where no guesses were asked for. */
  readonly guesses?: GuessStats;
};
