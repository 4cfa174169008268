/**
 * Numbers by pattern, such as rank_pattern. A pattern is a regular expression; the first that matches the end of a module's name gives
 * the module's number.
 *
 *   "rank_pattern": { "layers.0.self_attn.q_proj": 16 }
 */
import { check } from "@ropewalk/check";
import { objectOf, type ConfigObject, type LowerBound, number } from "../config/config-object.ts";

export type Pattern = { readonly matches: (module: string) => boolean; readonly value: number };

/** Names are short, and a search with so few repetitions ends soon: no file can keep it going. */
const [mostRepetitions, longest] = [3, 200];

const expressionOf = (at: string, pattern: string): RegExp => {
  const repetitions = pattern.match(/[*+?{]/g)?.length ?? 0;
  const holds = pattern.length <= longest && repetitions <= mostRepetitions && !/\)[*+?{]/.test(pattern);
  check(
    holds,
    `${at} must be patterns of at most ${longest} characters and ${mostRepetitions} repetitions, none of a group`,
    pattern,
  );
  try {
    return new RegExp(`^(?:.*\\.)?(?:${pattern})$`, "u");
  } catch {
    return check(false, `${at} must be regular expressions`, pattern) as never;
  }
};

export const readPatterns = (config: ConfigObject, key: string, bound: LowerBound): readonly Pattern[] => {
  const patterns = objectOf(config, key);
  if (patterns === undefined) return [];
  return Object.keys(patterns.values).map((pattern) => {
    const expression = expressionOf(patterns.at, pattern);
    return { matches: (module) => expression.test(module), value: number(patterns, pattern, bound) };
  });
};
