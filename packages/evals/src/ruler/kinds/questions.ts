/**
 * Questions over documents. The documents with the answer stand among others, in random order. The others are those on the same topic
 * first, and then any of the file; the last one is cut where the length ends.
 */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { check } from "@ropewalk/check";
import type { DocumentShape, Question } from "../documents.ts";
import type { Draft } from "../fit/draft.ts";
import { shuffled, streamOf, type Random } from "../random-draws.ts";
import type { RulerKind } from "./kind.ts";
import { stringMatchPart } from "../string-match.ts";

const told = "Answer the question from the documents, with the answer alone and no other words.";

const asking = (context: string, question: string): string =>
  `${told}\n\nThese are the documents.\n\n${context}\n\n${told}\n\nQuestion: ${question}`;

type Placed = { readonly at: number; readonly text: string };

const numbered = (documents: readonly Placed[]): string =>
  documents
    .toSorted((a, b) => a.at - b.at)
    .map(({ text }, index) => `Document ${index + 1}:\n${text}`)
    .join("\n\n");

/** The first words of a text, with the spaces and lines between them. */
const firstWords = (text: string, count: number): string => (text.match(/\s*\S+/g) ?? []).slice(0, count).join("");

const draftOf = (random: Random, { question, answers, own, near }: Question, all: readonly string[]): Draft => {
  const placed = (text: string): Placed => ({ text, at: uniformFloat64(random) });
  const asked = own.map(placed);
  const known = new Set([...own, ...near]);
  const others = shuffled(random, near).map(placed);
  const rest = all.filter((document) => !known.has(document));
  const more = [rest, near].find((documents) => documents.length > 0) ?? own;
  /** Another document of the file. When all have been used, they are used again, in another order. */
  const other = (index: number): Placed => {
    while (others.length <= index) others.push(...shuffled(random, more).map(placed));
    return others[index]!;
  };
  const input = (units: number, pieces = 0): string => {
    const whole = Array.from({ length: units }, (_, index) => other(index));
    const cut = pieces === 0 ? [] : [{ ...other(units), text: firstWords(other(units).text, pieces) }];
    return asking(numbered([...asked, ...whole, ...cut]), question);
  };
  return { answers, answerPrefix: " Answer:", least: 0, input: (units) => input(units), filled: input };
};

export const questions = (needs: DocumentShape): RulerKind => ({
  maxNewTokens: 32,
  needs,
  score: stringMatchPart,
  draft: (random, { seed, index, samples }, { documents: { questions: asked, all } }) => {
    check(
      samples <= asked.length,
      `rulerTask: samples must be at most ${asked.length}, the questions in documents`,
      samples,
    );
    // The stream is named without the length, so that every length has the same questions.
    const [own] = shuffled(streamOf(needs, seed), asked).slice(index, index + 1);
    return draftOf(random, own!, all);
  },
});
