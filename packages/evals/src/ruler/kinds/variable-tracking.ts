/**
 * Variable tracking: one value goes from variable to variable, by statements strewn over noise; which variables have it?
 *
 *   VAR A = 12345 … VAR B = VAR A … VAR C = VAR B …
 *
 * An example, solved, stands before the text: of at most 500 tokens, and at most a quarter of the length.
 */
import type { TextCodec } from "@ropewalk/generation";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { Draft } from "../fit/draft.ts";
import { different, letters, type Random } from "../random-draws.ts";
import { largestCount } from "../fit/largest-count.ts";
import { noiseHaystack, scattered } from "./haystack.ts";
import type { RulerKind } from "./kind.ts";
import { stringMatchAll } from "../string-match.ts";

export type TrackingParams = {
  /** Assignments after the first one. */
  readonly hops: number;
};

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

const draftOf = (random: Random, { hops }: TrackingParams, nameLength: number): Draft => {
  const variables = different(hops + 1, () => letters(random, alphabet, nameLength));
  const value = uniformInt(random, 10_000, 99_999);
  const chain = variables.map((name, hop) => `VAR ${name} = ${hop === 0 ? value : `VAR ${variables[hop - 1]!}`}`);
  const { least, text, filled } = noiseHaystack(scattered(random, chain));
  const input = (context: string): string =>
    "Variables get their values from one another in the text below. Follow the chain of assignments and keep it in mind.\n\n" +
    `${context}\nQuestion: Which variables of the text above have the value ${value}, directly or through others? Find all.`;
  return {
    answers: variables,
    answerPrefix: ` Answer: According to the chain(s) of variable assignment in the text above, ${hops + 1} variables are assigned the value ${value}, they are: `,
    least,
    input: (units) => input(text(units)),
    filled: (units, pieces) => input(filled!(units, pieces)),
  };
};

/** A draft with its answer, as long as there is room for noise, and never less than the chain. */
const solved = (codec: TextCodec, { answers, answerPrefix, least, input }: Draft, room: number): string => {
  const tokens = (units: number): number => codec.encode(input(units) + answerPrefix).length;
  const units = tokens(least) > room ? least : largestCount(tokens, { least, room });
  return `${input(units)}${answerPrefix}${answers.join(" ")}\n`;
};

export const variableTracking = (params: TrackingParams): RulerKind => ({
  maxNewTokens: 30,
  score: stringMatchAll,
  draft: (random, { codec, length }) => {
    const example = solved(codec, draftOf(random, params, 3), Math.min(500, Math.floor(length / 4)));
    const draft = draftOf(random, params, 5);
    return {
      ...draft,
      input: (units) => `${example}\n${draft.input(units)}`,
      filled: (units, pieces) => `${example}\n${draft.filled!(units, pieces)}`,
    };
  },
});
