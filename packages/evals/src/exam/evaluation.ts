/** Multiple choice as an evaluation. */
import { checkKeys, oneOf, optional, positive, type Keys } from "@ropewalk/check";
import type { Evaluation, EvaluationContext } from "../evaluation.ts";
import { aName, aText, aPart, names, partOf, type SamplePart } from "../file-params.ts";
import { readQuestions, type ExamQuestion } from "./questions.ts";
import { examReport, type ExamReport } from "./report.ts";
import { exam, type ExamAnswer } from "./run-exam.ts";

export type ExamParams = {
  /** Files of JSON lines. */
  readonly data: readonly string[];
  /** Tokens of question and option together, at most. */
  readonly length: number;
  /** What follows a question. Default "texts". */
  readonly options: "texts" | "letters";
  /** A file with the question's prompt. Absent: context, question and "Answer:". */
  readonly prompt?: string;
  /** The text between the question and an option. Default a space. */
  readonly joint: string;
  /** How many questions of each file, from the first on. Absent: all. */
  readonly limit?: number;
  /** One of several parts of the questions, so that several processes can share them. Absent: all questions. */
  readonly part?: SamplePart;
};

export type ExamResult = ExamReport & { readonly answers: readonly ExamAnswer[] };

/** The parameters before defaults are filled in. */
type Asked = Omit<ExamParams, "options" | "joint"> & Partial<ExamParams>;

const keys: Keys<ExamParams> = {
  data: names,
  length: positive,
  options: optional(oneOf(["texts", "letters"])),
  prompt: optional(aName),
  joint: optional(aText),
  limit: optional(positive),
  part: optional(aPart),
};

/**
 * The questions that parameters name.
 *
 * @throws TypeError and RangeError that name the file and the line
 */
export const examQuestions = async (
  { data, limit, part }: Pick<ExamParams, "data" | "limit" | "part">,
  read: EvaluationContext["read"],
): Promise<readonly ExamQuestion[]> => {
  const files = await Promise.all(data.map(async (name) => ({ name, text: await read(name) })));
  return partOf(
    files.flatMap((file) => readQuestions([file]).slice(0, limit)),
    part,
  );
};

export const examEvaluation: Evaluation<ExamParams, ExamResult> = {
  kind: "exam",
  lists: ["data"],
  files: ({ data, prompt }) => [...data, ...(prompt === undefined ? [] : [prompt])],
  check: (where, params) => ({
    options: "texts",
    joint: " ",
    ...checkKeys<Asked>(where, "params", params as Asked, keys),
  }),
  length: ({ length }) => length,
  figures: ({ bySum, byCharacter }) => [
    { name: "right by sum", value: bySum.accuracy, share: true },
    { name: "right by character", value: byCharacter.accuracy, share: true },
  ],
  run: async (model, params, { read, signal, onProgress }) => {
    const { length, options, joint, prompt: file } = params;
    const questions = await examQuestions(params, read);
    const prompt = file === undefined ? undefined : (await read(file)).replace(/\r?\n$/, "");
    const answers = await exam(model, questions, { length, options, joint, prompt, signal, onProgress });
    return { ...examReport(answers), answers };
  },
};
