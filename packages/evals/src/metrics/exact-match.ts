/**
 * Exact match as L-Eval scores its closed-ended tasks:
 *
 *   the truth is letters from A to D   1 if answer and truth are the same; 1/4 if all letters of the answer are among the truth's
 *   both are numbers                   1 if the numbers are equal
 *   else                               1 if the truth occurs in the answer; case and spaces do not count
 *
 * Each kind of task has a rule for the part of an answer that is compared: the letters of choices, a number, a program's output, true or
 * false.
 */
import { articles, asciiPunctuation, wordsOf } from "./text.ts";

const normalized = (text: string): string =>
  wordsOf(text.replace(asciiPunctuation, "").replace(articles, " ")).join(" ");

const asNumber = (text: string): number | undefined => {
  const trimmed = text.trim();
  return /^[+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed)
    ? Number(trimmed.replaceAll("_", ""))
    : undefined;
};

/** 0, 1/4 or 1. */
export const exactMatch = (prediction: string, truth: string): number => {
  const [given, right] = [normalized(prediction), normalized(truth)];
  if (/^[A-D]*$/.test(right)) {
    if (given === right) return 1;
    return [...given].every((letter) => right.includes(letter)) ? 0.25 : 0;
  }
  const [first, second] = [asNumber(prediction), asNumber(truth)];
  if (first !== undefined && second !== undefined) return Number(first === second);
  const plain = (text: string): string => text.toLowerCase().replaceAll(" ", "");
  return Number(plain(prediction).includes(plain(truth)));
};

const sortedLetters = (text: string): string => [...new Set(text.replace(/[^A-D]/g, ""))].sort().join("");

/** If no choice is found, A is taken, as a guess. */
const guess = "A";

const choicesIn = (answer: string): string => {
  const leading = /^[A-D]*/.exec(answer)![0];
  if (leading.length > 1) return sortedLetters(leading);
  const rest = answer.slice(leading.length).split("Question")[0]!;
  // Capitals before a space, a full stop or a bracket are listed options.
  const listed = rest.match(/[A-Z](?=[\s.)])/g) ?? [];
  return sortedLetters(leading + listed.join("")) || sortedLetters(/[A-D]+/.exec(rest)?.[0] ?? "") || guess;
};

const choiceOf = (answer: string, several: boolean): string => {
  if (answer.trim() === "") return "None";
  if ("ABCD".includes(answer)) return answer;
  return several ? choicesIn(answer) : (/[A-D]/.exec(answer)?.[0] ?? choicesIn(answer));
};

const rightChoice = (truth: string): string => (wordsOf(truth)[0] ?? "").replace(/[^A-D]/g, "") || guess;

/** One right choice: 1 or 0. */
export const choice = (prediction: string, truth: string): number =>
  exactMatch(choiceOf(prediction, false), rightChoice(truth));

/** Several right choices: 0, 1/4 or 1. */
export const choices = (prediction: string, truth: string): number =>
  exactMatch(choiceOf(prediction, true), rightChoice(truth));

/** The number after "The answer is", or the last number of the first paragraph. Only the digits before the point count. */
const numberOf = (answer: string): string => {
  const stated = /The answer is (\S+)/.exec(answer)?.[1];
  const word =
    stated ??
    answer
      .split("\n\n")[0]!
      .split(" ")
      .findLast((each) => /\p{Nd}/u.test(each)) ??
    "";
  return word.split(".")[0]!.replace(/\P{Nd}/gu, "");
};

/** 0 or 1. */
export const numberAnswer = (prediction: string, truth: string): number =>
  exactMatch(numberOf(prediction), numberOf(truth));

const codeText = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .replace(/[,'\\]/g, "")
    .replaceAll(".0", "")
    .replaceAll("] [", "][")
    .replaceAll("[ [", "[[")
    .replaceAll("] ]", "]]");

const phrases = ["will be", "of the code", "is", "would be", "the value of", "the result of", "printed"];

/** The words after "the final output", or else the last words: three more than the truth has. */
const outputIn = (answer: string, truth: string): string => {
  const words = wordsOf(truth).length + 3;
  const text = phrases.reduce((left, phrase) => left.replaceAll(phrase, ""), codeText(answer));
  const at = text.lastIndexOf("the final output");
  return at < 0
    ? text.split(/\s+/).slice(-words).join(" ")
    : text
        .slice(at + "the final output".length)
        .split(/\s+/)
        .slice(0, words)
        .join(" ");
};

/** 0 or 1. */
export const codeOutput = (prediction: string, truth: string): number =>
  exactMatch(outputIn(prediction, truth), codeText(truth));

/** The first word that contains true or false. The text from "[fact:" on is ignored. */
const verdictIn = (text: string): string => {
  const [own] = text.toLowerCase().split("[fact:");
  const word = wordsOf(own!).find((each) => /true|false/.test(each)) ?? "";
  return ["true", "false"].find((verdict) => word.includes(verdict)) ?? "<error>";
};

/** 0 or 1. */
export const judgement = (prediction: string, truth: string): number =>
  exactMatch(verdictIn(prediction), truth.toLowerCase().split("[fact:")[0]!.trim());
