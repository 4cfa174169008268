/** What a generation took, as a line and as data. */
import type { GenerationStats } from "@ropewalk/generation";
import { perSecond, rate } from "./units.ts";

/** Numbers of one run or of several. */
type RunTotals = Omit<GenerationStats, "finish">;

const tokens = (count: number): string => `${count.toLocaleString("en")} token${count === 1 ? "" : "s"}`;

/** The first token comes out of the prompt's last chunk; what follows is decoded. */
const decoded = ({ newTokens }: RunTotals): number => Math.max(0, newTokens - 1);

/** prompt 5 tokens, 3,210 tokens/s; new 40 tokens, 1,540 tokens/s */
export const statsLine = (stats: RunTotals): string =>
  `prompt ${tokens(stats.promptTokens)}, ${perSecond(stats.promptTokens, stats.prefillTime)} tokens/s; ` +
  `new ${tokens(stats.newTokens)}, ${perSecond(decoded(stats), stats.decodeTime)} tokens/s`;

export type Rate = { readonly milliseconds: number; readonly tokensPerSecond: number | null };

export type StatsReport = {
  readonly promptTokens: number;
  readonly newTokens: number;
  readonly prefill: Rate;
  readonly decode: Rate;
  readonly keyValueBytes: number;
};

export const statsReport = (stats: RunTotals): StatsReport => ({
  promptTokens: stats.promptTokens,
  newTokens: stats.newTokens,
  prefill: { milliseconds: stats.prefillTime, tokensPerSecond: rate(stats.promptTokens, stats.prefillTime) },
  decode: { milliseconds: stats.decodeTime, tokensPerSecond: rate(decoded(stats), stats.decodeTime) },
  keyValueBytes: stats.cacheBytes,
});
