import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import {
  evaluationOf,
  exam,
  examReport,
  readQuestions,
  tokenLosses,
  type ExamAnswer,
  type ExamQuestion,
  type ExamResult,
} from "../src/index.ts";
import { continuedBy } from "../src/exam/likelihood.ts";

const byLetter = (fields: object): string =>
  JSON.stringify({ question: "Q", choice_A: "a", choice_B: "b", choice_C: "c", choice_D: "d", answer: "C", ...fields });

const listed = (fields: object): string => JSON.stringify({ question: "Q", choices: ["a", "b"], answer: 1, ...fields });

const read = (text: string) => readQuestions([{ name: "exam.jsonl", text }]);

test("lines of both forms are questions", () => {
  const v2 = { _id: "x", context: "C", difficulty: "hard", length: "short", domain: "law", sub_domain: "tax" };
  expect(read(`${byLetter(v2)}\n${listed({})}\n${listed({ answer: "A" })}`)).toEqual([
    {
      id: "x",
      question: "Q",
      context: "C",
      choices: ["a", "b", "c", "d"],
      answer: 2,
      groups: { difficulty: "hard", length: "short", domain: "law" },
    },
    { id: "exam.jsonl line 2", question: "Q", choices: ["a", "b"], answer: 1, groups: {} },
    { id: "exam.jsonl line 3", question: "Q", choices: ["a", "b"], answer: 0, groups: {} },
  ]);
});

test("a file that is one list, as LongBench v2's, has items", () => {
  const list = `[${byLetter({})},\n ${listed({})}]`;
  expect(read(list).map(({ id, answer }) => [id, answer])).toEqual([
    ["exam.jsonl item 1", 2],
    ["exam.jsonl item 2", 1],
  ]);
  expect(() => read(`[${byLetter({})}, ${listed({ answer: 5 })}]`)).toThrow("exam.jsonl item 2: answer must be");
});

describe("bad lines are refused by file and line", () => {
  it.each([
    ["", "exam: exam.jsonl must hold at least 1 line, got 0"],
    ["{", "exam: exam.jsonl line 1 must be JSON, got"],
    [`${listed({})}\n${listed({ question: undefined })}`, 'exam: exam.jsonl line 2 must have "question", got nothing'],
    [listed({ choices: undefined, choice: ["a"] }), 'line 1 must have "choices", got nothing; it has "choice"'],
    [listed({ choices: ["a"] }), "line 1: choices.length must be an integer from 2 to 26, got 1"],
    [listed({ choices: ["a", 5] }), "line 1: choices[1] must be text, got 5"],
    [listed({ choices: ["a", " "] }), 'line 1: choice B must hold text, got " "'],
    [listed({ contexts: "C" }), 'no key but those that are read, got "contexts"; context is meant?'],
    [listed({ answer: 2 }), "line 1: answer must be a letter from A to B or an index from 0 to 1, got 2"],
    [listed({ answer: "C" }), 'line 1: answer must be a letter from A to B or an index from 0 to 1, got "C"'],
    [listed({ answer: "b" }), 'got "b"'],
    [listed({ answer: undefined }), "or an index from 0 to 1, got nothing"],
    [byLetter({ choice_C: undefined }), 'line 1 must have "choice_C", got nothing'],
    [byLetter({ choices: ["a", "b"] }), 'line 1: choices must be absent beside choice_A to choice_D, got ["a", "b"]'],
  ])("%j", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

const question = (fields: Partial<ExamQuestion>): ExamQuestion => ({
  id: "1",
  question: "Lily went to the park. She saw a big",
  choices: ["dog", "theorem of numbers"],
  answer: 0,
  groups: {},
  ...fields,
});

describe("on a small model", () => {
  let model: LanguageModel;
  beforeAll(
    async () => void (model = await loadModel(await openFolder(stories260K.url), { backend: cpu({ threads: 1 }) })),
  );
  afterAll(() => model.release());

  it("an option's log-likelihood is the sum of its tokens' losses, under an extension as well", async () => {
    const extended = await model.withExtension(selfExtend({ groupSize: 4, window: 16 }));
    for (const own of [model, extended]) {
      const [answer] = await exam(own, [question({})], { length: 400, prompt: "{question}" });
      const sums = await Promise.all(
        ["dog", "theorem of numbers"].map(async (option) => {
          const [{ ids, from }] = continuedBy(own.text!, question({}).question, [` ${option}`]) as [
            { readonly ids: readonly number[]; readonly from: number },
          ];
          const losses = await tokenLosses(own, ids);
          return -losses.slice(from - 1).reduce((sum, loss) => sum + loss, 0);
        }),
      );
      answer!.logLikelihoods.forEach((sum, option) => expect(sum).toBeCloseTo(sums[option]!, 3));
      expect(answer).toMatchObject({ bySum: 0, answer: 0, truncated: false });
    }
  });

  it("letters share one run of the question", async () => {
    let runs = 0;
    const counting = {
      ...model,
      prefill: (...args: Parameters<LanguageModel["prefill"]>) => {
        runs += 1;
        return model.prefill(...args);
      },
    };
    const choices = ["one", "two", "three", "four"];
    const [answer] = await exam(counting, [question({ choices })], { length: 400, options: "letters" });
    // This tokenizer has a space and a letter as two tokens: the question, and the space behind it.
    expect(runs).toBe(2);
    expect(answer!.logLikelihoods).toHaveLength(4);
  });

  it("a long question is cut in the middle, one without room refused", async () => {
    const long = question({ question: "Once upon a time there was a cat. ".repeat(40) });
    const [answer] = await exam(model, [long], { length: 100 });
    expect(answer!.truncated).toBe(true);
    await expect(exam(model, [long], { length: 3 })).rejects.toThrow(
      "exam: length must leave room for a question of at least 2 tokens beside its options, got 3",
    );
    await expect(exam(model, [question({})], { length: 50, prompt: "{context}" })).rejects.toThrow('got "context"');
    await expect(exam(model, [question({})], { length: 50, option: "letters" } as never)).rejects.toThrow(
      'got "option"; options is meant?',
    );
  });

  it("questions of one's own are checked, and a signal ends the run", async () => {
    const asked = (fields: object, options = {}) =>
      exam(model, [{ ...question({}), ...fields }], { length: 200, ...options });
    await expect(asked({ choices: [] })).rejects.toThrow("exam: choices must hold at least 1, got 0");
    await expect(asked({ answers: 1 })).rejects.toThrow('got "answers"; answer is meant?');
    await expect(asked({}, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });

  it("as an evaluation, in parts that together are the whole", async () => {
    const { check, run, length } = evaluationOf("test", "exam");
    const lines = [listed({ context: "The sun was hot." }), byLetter({}), listed({ answer: 0 })].join("\n");
    const fileOf = async (name: string): Promise<string> => (name === "p.txt" ? "{question} {choices}\n" : lines);
    const context = { read: fileOf, load: async () => undefined };
    const asked = { data: ["e.jsonl"], length: 200, limit: 2, prompt: "p.txt" };
    const params = check("test", asked);
    expect([length(params), params]).toEqual([200, { ...asked, options: "texts", joint: " " }]);
    const whole = (await run(model, params, context)) as ExamResult;
    const parts = await Promise.all(
      [0, 1].map((index) => run(model, check("test", { ...asked, part: { index, of: 2 } }), context)),
    );
    expect((parts as ExamResult[]).flatMap(({ answers }) => answers)).toEqual(whole.answers);
    expect([whole.questions, whole.chance]).toEqual([2, (1 / 2 + 1 / 4) / 2]);
    expect(() => check("test", { ...asked, options: "numbers" })).toThrow("options must be one of texts, letters");
    expect(() => check("test", { ...asked, dta: [] })).toThrow('got "dta"; data is meant?');
  });
});

const answered = (right: boolean, difficulty: string): ExamAnswer => ({
  id: "",
  answer: 0,
  logLikelihoods: [-1, -2],
  bySum: right ? 0 : 1,
  byCharacter: 0,
  tokens: 9,
  truncated: false,
  groups: { difficulty },
});

test("accuracy has its standard error, by group as well", () => {
  const report = examReport([
    answered(true, "easy"),
    answered(true, "hard"),
    answered(false, "hard"),
    answered(false, "hard"),
  ]);
  expect(report.bySum).toEqual({ accuracy: 0.5, standardError: Math.sqrt(0.25 / 3) });
  expect(report.byCharacter).toEqual({ accuracy: 1, standardError: 0 });
  expect(report.groups["difficulty"]!["easy"]!.bySum).toEqual({ accuracy: 1, standardError: null });
  expect(report.groups["difficulty"]!["hard"]!.bySum.accuracy).toBeCloseTo(1 / 3, 12);
  expect([report.questions, report.chance, report.truncated]).toEqual([4, 0.5, 0]);
});
