/**
 * Multiple choice: a model's answer is the option that it finds likeliest.
 *
 *   texts     the options are the choices' texts
 *   letters   the choices are listed in the question, and the options are their letters
 *   by sum              the largest log p(option)
 *   by character        the largest log p(option) / characters of the option: long ones are not less likely for being long
 */
import { checkKeys, checkList, oneOf, optional, positive, whole, type Keys } from "@ropewalk/check";
import type { LanguageModel, TextCodec } from "@ropewalk/generation";
import { aText } from "../file-params.ts";
import { filled, withoutMiddle } from "../fit-prompt.ts";
import { continuedBy, logLikelihoods, type Continued, type OptionModel } from "./likelihood.ts";
import { letterOf, type ExamQuestion } from "./questions.ts";

export type ExamOptions = {
  /** Tokens of question and option together, at most. A longer question loses its middle. */
  readonly length: number;
  /** What follows a question. Default "texts". */
  readonly options?: "texts" | "letters" | undefined;
  /** The prompt, with {question}, {context}, {choices}, {choice_A}, … in it. Absent: context, question and "Answer:". */
  readonly prompt?: string | undefined;
  /** The text between the question and an option. Default a space. */
  readonly joint?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after each question with the questions done and all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
};

export type ExamAnswer = Pick<ExamQuestion, "id" | "answer" | "groups"> & {
  /** The log-probability of each option, in nats. */
  readonly logLikelihoods: readonly number[];
  /** The likeliest option, counted from 0: by the sum, and by the sum per character. */
  readonly bySum: number;
  readonly byCharacter: number;
  /** Tokens of the question and its longest option. */
  readonly tokens: number;
  /** Whether the question's middle was left out. */
  readonly truncated: boolean;
};

/** The parts of a loaded model that an exam needs. */
export type ExamModel = OptionModel &
  Pick<LanguageModel, "text"> & { readonly source: Pick<LanguageModel["source"], "name"> };

const where = "exam";

const keys: Keys<ExamOptions> = {
  length: positive,
  options: optional(oneOf(["texts", "letters"])),
  prompt: optional(aText),
  joint: optional(aText),
  signal: true,
  onProgress: true,
};

const questionKeys: Keys<ExamQuestion> = {
  id: aText,
  question: aText,
  context: true,
  choices: checkList,
  answer: whole,
  groups: true,
};

const listed = (choices: readonly string[]): string =>
  choices.map((choice, index) => `${letterOf(index)}. ${choice}`).join("\n");

const promptOf = ({ id, question, context, choices }: ExamQuestion, { prompt, options }: ExamOptions): string => {
  if (prompt === undefined) {
    const before = context === undefined ? "" : `${context}\n\n`;
    return `${before}Question: ${question}\n${options === "letters" ? `${listed(choices)}\n` : ""}Answer:`;
  }
  const byLetter = choices.map((choice, index) => [`choice_${letterOf(index)}`, choice] as const);
  return filled(where, id, prompt, {
    question,
    ...(context !== undefined && { context }),
    choices: listed(choices),
    ...Object.fromEntries(byLetter),
  });
};

type Asked = { readonly continued: readonly Continued[]; readonly truncated: boolean };

const fit = (codec: TextCodec, prompt: string, options: readonly string[], length: number): Asked => {
  for (let left = length; left >= 2;) {
    const content = withoutMiddle(codec, prompt, left);
    const continued = continuedBy(codec, content, options);
    const longest = Math.max(...continued.map(({ ids }) => ids.length));
    if (longest <= length) return { continued, truncated: content !== prompt };
    left -= Math.max(1, longest - length);
  }
  throw new RangeError(
    `${where}: length must leave room for a question of at least 2 tokens beside its options, got ${length}`,
  );
};

const indexOfMax = (values: readonly number[]): number => values.indexOf(Math.max(...values));

/**
 * The answers to questions, in their order. Lengths beyond the capacity are allowed.
 *
 * @throws RangeError when the model has no tokenizer, a prompt names what a question does not have, or the length has no room;
 *   whatever the signal was aborted with
 */
export const exam = async (
  model: ExamModel,
  questions: readonly ExamQuestion[],
  options: ExamOptions,
): Promise<readonly ExamAnswer[]> => {
  checkKeys<ExamOptions>(where, "options", options, keys);
  checkList(where, "questions", questions);
  questions.forEach((question, index) => checkKeys(where, `questions[${index}]`, question, questionKeys));
  const { text: codec, source } = model;
  if (codec === undefined) throw new RangeError(`${where}: ${source.name} must have a tokenizer, got none`);
  const { length, joint = " ", signal, onProgress } = options;
  const optionsOf = ({ choices }: ExamQuestion): readonly string[] =>
    options.options === "letters" ? choices.map((_, index) => letterOf(index)) : choices;
  // All prompts are made first, so that a question without a named field is reported before any run.
  const prompts = questions.map((question) => promptOf(question, options));
  const answers: ExamAnswer[] = [];
  for (const [index, question] of questions.entries()) {
    const behind = optionsOf(question).map((option) => joint + option);
    const { continued, truncated } = fit(codec, prompts[index]!, behind, length);
    const likelihoods = await logLikelihoods(model, continued, signal);
    const characters = optionsOf(question).map((option) => [...option].length);
    answers.push({
      id: question.id,
      answer: question.answer,
      groups: question.groups,
      logLikelihoods: likelihoods,
      truncated,
      tokens: Math.max(...continued.map(({ ids }) => ids.length)),
      bySum: indexOfMax(likelihoods),
      byCharacter: indexOfMax(likelihoods.map((sum, option) => sum / characters[option]!)),
    });
    onProgress?.(answers.length, questions.length);
  }
  return answers;
};
