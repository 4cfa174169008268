/** What a run is asked for, what it is told by as it goes, and what it says of itself at its end. */
import type { BeyondCapacity } from "../overflow/capacity.ts";
import type { GuessOptions } from "../guess/options.ts";
import type { GuessStats } from "../guess/steps.ts";
import type { Overflow, OverflowPolicy } from "../overflow/policy.ts";
import type { AnyPrefix, LeftPrefix } from "../prefix/prefix.ts";
import type { Logprobs } from "../sampling/logprobs.ts";
import type { Mask } from "../sampling/mask.ts";
import type { Sampling } from "../sampling/sampling.ts";

export type GenerateOptions = GuessOptions & {
  /** Default 128, or fewer when the capacity leaves fewer. */
  readonly maxNewTokens?: number;
  /** Default greedy. */
  readonly sampling?: Sampling;
  /** Tokens that end the text and are not given out. Default: the checkpoint's own. */
  readonly stopTokens?: readonly number[];
  /** Texts that end the text and are not given out, nor is any part of them; of `generate` alone, for a token is not cut inside. */
  readonly stopStrings?: readonly string[];
  /** Rules out tokens that may not come next, such as those that would break a grammar. */
  readonly mask?: Mask;
  /** Of so many of the most likely tokens, and of the chosen one, `onToken` is told the log-probabilities that the model gives. */
  readonly logprobs?: number;
  /** Called for each token, before it or its text is given out; not for a stop token. */
  readonly onToken?: (token: GeneratedToken) => void;
  /**
   * What is done where prompt and new tokens are more than the capacity: they are refused, or run all the same, or what a policy leaves of
   * them is run: `keepEnds({ first })`, `regroup()`, or a function.
   */
  readonly beyondCapacity?: BeyondCapacity | Overflow | OverflowPolicy;
  /** What the prompt stands behind: a text that was read with `read`. It is not run again. */
  readonly after?: AnyPrefix;
  /** Tokens a prefill chunk, at most. Default 512. */
  readonly chunkSize?: number;
  /** Tokens that are decoded in one run, at most; they are given out together. Default: as the backend likes it, or 1 beside guesses. */
  readonly stepsPerRun?: number;
  readonly signal?: AbortSignal;
  /** Called after each prefill chunk with the tokens done and all that are run of the prompt. */
  readonly onPrefill?: (done: number, total: number) => void;
  /** Called once at the end of a run that was not cut off, with what it took. */
  readonly onDone?: (stats: GenerationStats) => void;
  /**
   * Called behind it with all that was run and given out, and the stop token that ended it, as a prefix for later runs, which the caller
   * releases. Not where a run of several steps went further than what was given out, nor where a policy of `beyondCapacity` changed the run.
   */
  readonly onPrefix?: (prefix: LeftPrefix) => void;
};

/** What text alone has is not among them. */
export type TokenOptions = Omit<GenerateOptions, "stopStrings">;

/** With log-probabilities where they were asked for. */
export type GeneratedToken = { readonly token: number } & Partial<Logprobs>;

export type GenerationStats = {
  /** With those of what it stands behind. */
  readonly promptTokens: number;
  /** Of these, those that were not run: they had been read. */
  readonly cachedTokens: number;
  readonly newTokens: number;
  /** Why it ended: a stop token or a stop string came, or as many tokens as were asked for. */
  readonly finish: "stop" | "length";
  /** Milliseconds for the prompt, and for the tokens after the first. */
  readonly prefillTime: number;
  readonly decodeTime: number;
  /** Bytes of the key-value cache at the end, with what it shares with others. */
  readonly cacheBytes: number;
  /** What guesses came to; absent where none were asked for. */
  readonly guesses?: GuessStats;
};
