/** Reads lines of exams as questions: LongBench v2's lines with four choices by letter, and lines with a list of choices. */
import { check, checkInteger, checkList, show } from "@ropewalk/check";
import { checkOptional, idOf, jsonLines, textField, textsField, type JsonLine, type NamedText } from "../json-lines.ts";

export type ExamQuestion = {
  /** The line's own id, or else its file and number. */
  readonly id: string;
  readonly question: string;
  /** The text that the question is about. */
  readonly context?: string;
  readonly choices: readonly string[];
  /** Which choice is right, counted from 0. */
  readonly answer: number;
  /** Results are also given by these: difficulty, length and domain, where the line states them. */
  readonly groups: Readonly<Record<string, string>>;
};

const where = "exam";

/** The letters of choices. There cannot be more choices than letters. */
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

export const letterOf = (index: number): string => letters[index]!;

const byLetter = ["choice_A", "choice_B", "choice_C", "choice_D"];

const choicesOf = (line: JsonLine): readonly string[] => {
  const isByLetter = byLetter.some((key) => line.value[key] !== undefined);
  if (isByLetter) {
    check(
      line.value["choices"] === undefined,
      `${where}: ${line.at}: choices must be absent beside choice_A to choice_D`,
      line.value["choices"],
    );
    return byLetter.map((key) => textField(where, line, key));
  }
  const choices = textsField(where, line, "choices");
  checkInteger(where, `${line.at}: choices.length`, choices.length, 2, letters.length);
  return choices;
};

const answerOf = ({ at, value: { answer } }: JsonLine, count: number): number => {
  const index = typeof answer === "string" && answer.length === 1 ? letters.indexOf(answer) : answer;
  const holds = Number.isInteger(index) && (index as number) >= 0 && (index as number) < count;
  if (!holds)
    throw new (answer === undefined ? TypeError : RangeError)(
      `${where}: ${at}: answer must be a letter from A to ${letterOf(count - 1)} or an index from 0 to ${count - 1}, got ${show(answer)}`,
    );
  return index as number;
};

const grouped = ["difficulty", "length", "domain"];

const groupsOf = ({ value }: JsonLine): ExamQuestion["groups"] =>
  Object.fromEntries(grouped.flatMap((key) => (typeof value[key] === "string" ? [[key, value[key]] as const] : [])));

const questionOf = (line: JsonLine): ExamQuestion => {
  const question = textField(where, line, "question");
  const choices = choicesOf(line);
  checkOptional(where, line, ["question", "choices", ...byLetter, "answer", "context", "_id", "id", ...grouped]);
  choices.forEach((choice, index) =>
    check(choice.trim() !== "", `${where}: ${line.at}: choice ${letterOf(index)} must hold text`, choice),
  );
  return {
    question,
    choices,
    answer: answerOf(line, choices.length),
    groups: groupsOf(line),
    id: idOf(where, line),
    ...(line.value["context"] !== undefined && { context: textField(where, line, "context") }),
  };
};

/**
 * The questions of files of JSON lines: `{ question, choice_A, choice_B, choice_C, choice_D, answer, context? }` or `{ question, choices,
 * answer, context? }`, the answer as a letter or an index from 0.
 *
 * @throws TypeError and RangeError that name the file and the line, the field, the rule and the value
 */
export const readQuestions = (files: readonly NamedText[]): readonly ExamQuestion[] => {
  checkList(where, "files", files);
  return files.flatMap((file) => jsonLines(where, file).map(questionOf));
};
