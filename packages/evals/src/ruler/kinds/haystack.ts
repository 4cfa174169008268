/** Haystacks, the text around needles: noise, other needles, or essays. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { someOf, type Random } from "../random-draws.ts";

export type Haystack = {
  readonly least: number;
  /** The text with so many units, and the needles between them. */
  readonly text: (units: number) => string;
  /** The same with smaller pieces after the units. Absent: units are small. */
  readonly filled?: (units: number, pieces: number) => string;
};

/** A needle with its depth: 0 before the whole text, 1 after it. */
export type Placed = { readonly depth: number; readonly text: string };

const sentences = [
  "The grass is green.",
  "The sky is blue.",
  "The sun is yellow.",
  "Here we go.",
  "There and back again.",
];
const noiseLine = sentences.join(" ");

/** The first sentences of noise. */
const noise = (count: number): string =>
  Array.from({ length: count }, (_, index) => sentences[index % sentences.length]!).join(" ");

/** Each needle between two parts, as deep as it says. */
const withNeedles = (parts: readonly string[], needles: readonly Placed[]): readonly string[] => {
  const all = [...parts];
  for (const { depth, text } of needles.toSorted((a, b) => b.depth - a.depth))
    all.splice(Math.round(depth * parts.length), 0, text);
  return all;
};

/** Needles in the order they are given, anywhere. */
export const scattered = (random: Random, needles: readonly string[]): readonly Placed[] => {
  const depths = needles.map(() => uniformFloat64(random)).sort((a, b) => a - b);
  return needles.map((text, index) => ({ text, depth: depths[index]! }));
};

/** Noise of equal lines. A unit is a line, a piece is a sentence. */
export const noiseHaystack = (needles: readonly Placed[]): Haystack => {
  const text = (lines: number): string =>
    withNeedles(
      Array.from({ length: lines }, () => noiseLine),
      needles,
    ).join("\n");
  return {
    least: 0,
    text,
    filled: (lines, pieces) => (pieces === 0 ? text(lines) : `${text(lines)}\n${noise(pieces)}`),
  };
};

/** Lines that look like needles. A unit is a line; sentences of noise fill the room that whole lines leave. */
export const needleHaystack = (needles: readonly Placed[], line: () => string): Haystack => {
  const lines: string[] = [];
  const text = (count: number): string => {
    while (lines.length < count) lines.push(line());
    return withNeedles(lines.slice(0, count), needles).join("\n");
  };
  return {
    least: 0,
    text,
    filled: (count, pieces) => (pieces === 0 ? text(count) : `${text(count)}\n${noise(pieces)}`),
  };
};

/** The depths that needles in essays may have: forty, from the beginning to the end. */
const depths = Array.from({ length: 40 }, (_, index) => index / 39);

/** A word that ends a sentence, and is no title, initial or other short form that goes on. */
const endsSentence = (word: string): boolean =>
  /[.!?]["'”’)\]]*$/.test(word) &&
  !/^["'“‘([_]*(Mr|Mrs|Ms|Messrs|Dr|St|Prof|Rev|Col|Capt|Lieut|Gen|No|Vol|[A-Z])\.$/.test(word);

const sentencesOf = (words: readonly string[]): readonly string[] => {
  const found: string[] = [];
  let start = 0;
  for (let at = 0; at < words.length; at++)
    if (at === words.length - 1 || endsSentence(words[at]!)) {
      found.push(words.slice(start, at + 1).join(" "));
      start = at + 1;
    }
  return found;
};

/** Essays, repeated from their beginning. A unit is a word; needles stand between sentences. */
export const essayHaystack = (random: Random, needles: readonly string[], essays: readonly string[]): Haystack => {
  const drawn = someOf(random, depths, needles.length);
  const placed = needles.map((text, index) => ({ text, depth: drawn[index]! }));
  return {
    least: 1,
    text: (count) => {
      const words = Array.from({ length: count }, (_, index) => essays[index % essays.length]!);
      return withNeedles(sentencesOf(words), placed).join(" ");
    },
  };
};
