/**
 * Frequent words: coded words of six letters, of which word k = 1, 2, 3 … comes
 *
 *   n(k) = floor(N k^-2 / ζ(2)),   ζ(2) = π² / 6
 *
 * times among about N; the first is dots, to be left aside. Which three come most often?
 */
import { different, letters, shuffled, type Random } from "../random-draws.ts";
import type { RulerKind } from "./kind.ts";
import { stringMatchAll } from "../string-match.ts";

const zeta2 = Math.PI ** 2 / 6;

const maxNewTokens = 50;

/** From here on n(2) > n(3) > n(4) > n(5): what is asked for is never a tie. */
const leastWords = 53;

const asking = (context: string): string =>
  "Read the coded text below and count how often each coded word comes. Find the three coded words that come most often. " +
  `${context}\nQuestion: Without any explanation, and leaving the dots '...' aside: which three words come most often in the coded text above?`;

const codedWords = (random: Random, count: number): readonly string[] =>
  different(count, () => letters(random, "abcdefghijklmnopqrstuvwxyz", 6));

export const frequentWordsTask = (): RulerKind => ({
  maxNewTokens,
  score: stringMatchAll,
  draft: (random, { length }) => {
    // A fiftieth of the prompt, as RULER has it; no fewer than the three and one that comes less often.
    const words = ["...", ...codedWords(random, Math.max(4, Math.floor((length - maxNewTokens) / 50) - 1))];
    const order = random.clone();
    const input = (total: number): string => {
      const text = words.flatMap((word, index) =>
        Array.from({ length: Math.floor(total / (index + 1) ** 2 / zeta2) }, () => word),
      );
      return asking(shuffled(order.clone(), text).join(" "));
    };
    return {
      answers: words.slice(1, 4),
      answerPrefix: " Answer: According to the coded text above, the three most frequently appeared words are:",
      least: leastWords,
      input,
    };
  },
});
