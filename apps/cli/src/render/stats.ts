/** The statistics of a generation, as a line and as data. */
import type { GenerationStats, GuessStats } from "@ropewalk/generation";
import { perSecond, rate } from "./units.ts";

/** Numbers of one run or of several. */
type RunTotals = Omit<GenerationStats, "finish">;

const tokens = (count: number): string => `${count.toLocaleString("en")} token${count === 1 ? "" : "s"}`;

/** Tokens of the prompt that were run. The others were read before. */
const prefilled = ({ promptTokens, cachedTokens }: RunTotals): number => promptTokens - cachedTokens;

/** Decoded tokens: all new tokens but the first, which comes from the prompt's last chunk. */
const decoded = ({ newTokens }: RunTotals): number => Math.max(0, newTokens - 1);

const guessed = ({ guesses }: RunTotals): string =>
  guesses === undefined ? "" : `; ${guesses.right} of ${guesses.guessed} guesses right`;

/** prompt 5 tokens, 3,210 tokens/s; new 40 tokens, 1,540 tokens/s */
export const statsLine = (stats: RunTotals): string =>
  `prompt ${tokens(stats.promptTokens)}${stats.cachedTokens > 0 ? `, ${tokens(stats.cachedTokens)} read before` : ""}, ` +
  `${perSecond(prefilled(stats), stats.prefillTime)} tokens/s; ` +
  `new ${tokens(stats.newTokens)}, ${perSecond(decoded(stats), stats.decodeTime)} tokens/s${guessed(stats)}`;

export type Rate = { readonly milliseconds: number; readonly tokensPerSecond: number | null };

export type StatsReport = {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly newTokens: number;
  readonly prefill: Rate;
  readonly decode: Rate;
  readonly keyValueBytes: number;
  /** Absent: no guesses were asked for. */
  readonly guesses?: GuessStats;
};

export const statsReport = (stats: RunTotals): StatsReport => ({
  promptTokens: stats.promptTokens,
  cachedTokens: stats.cachedTokens,
  newTokens: stats.newTokens,
  prefill: { milliseconds: stats.prefillTime, tokensPerSecond: rate(prefilled(stats), stats.prefillTime) },
  decode: { milliseconds: stats.decodeTime, tokensPerSecond: rate(decoded(stats), stats.decodeTime) },
  keyValueBytes: stats.cacheBytes,
  ...(stats.guesses && { guesses: stats.guesses }),
});
