import { cpu } from "@ropewalk/backend-node";
import { loadModel, type TextCodec } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import {
  evaluationOf,
  longBench,
  longBenchDatasets,
  longBenchReport,
  readSamples,
  type AnsweringModel,
  type LongBenchAnswer,
  type LongBenchResult,
  type LongBenchSample,
} from "../src/index.ts";
import { filled, fitPrompt, withoutMiddle } from "../src/fit-prompt.ts";

const characters: TextCodec = {
  encode: (text) => Array.from(text, (character) => character.codePointAt(0)!),
  decode: (ids) => String.fromCodePoint(...ids),
};

const line = (fields: object): string =>
  JSON.stringify({
    input: "Who?",
    context: "Ann came.",
    answers: ["Ann"],
    dataset: "qasper",
    all_classes: null,
    ...fields,
  });

const prompts = Object.fromEntries(Object.keys(longBenchDatasets).map((name) => [name, "{context}\n{input}"]));

const read = (text: string, name = "data.jsonl", settings = { prompts }) => readSamples([{ name, text }], settings);

const levalLine = (fields: object): string =>
  JSON.stringify({
    input: "A document.",
    instructions: ["Q1", "Q2"],
    outputs: ["A", "B c d"],
    evaluation: "f1",
    ...fields,
  });

test("a truth that names no paragraph is refused by its line, before anything is asked", () => {
  const bad = { dataset: "passage_retrieval_en", answers: ["Paragraph 3", "Passage 3"] };
  expect(() => read(`${line({})}\n${line(bad)}`)).toThrow(
    'longbench: data.jsonl line 2: answers[1] must hold "Paragraph " and a number, got "Passage 3"',
  );
  expect(() => read(line({ dataset: "passage_retrieval_zh", answers: ["第三段"] }))).toThrow("line 1: answers[0] must");
});

test("a line of LongBench is a sample", () => {
  const { samples, skipped } = read(
    `${line({ _id: "x", length: 5000, language: "en" })}\n\n${line({ dataset: "samsum_e" })}\n`,
  );
  expect(samples).toEqual([
    {
      dataset: "qasper",
      id: "x",
      prompt: "Ann came.\nWho?",
      answers: ["Ann"],
      metric: "f1",
      task: "single-document QA",
      maxNewTokens: 128,
      firstLine: false,
      chat: true,
      length: 5000,
    },
    {
      dataset: "samsum_e",
      id: "data.jsonl line 3",
      prompt: "Ann came.\nWho?",
      answers: ["Ann"],
      metric: "rouge-l",
      task: "few-shot",
      maxNewTokens: 128,
      firstLine: true,
      chat: false,
    },
  ]);
  expect(skipped).toEqual({});
});

test("a line of L-Eval is a sample a question, scored as it says, of a dataset that its file is named for", () => {
  const settings = { prompts: { meeting_summ: "{input} {instruction} {words}", quality: "{instruction}{{{source}}}" } };
  const open = read(`${levalLine({})}\n${levalLine({ evaluation: "human" })}`, "a/meeting_summ.jsonl", settings);
  expect(open.samples.map(({ prompt, answers, metric, id }) => [prompt, answers, metric, id])).toEqual([
    ["A document. Q1 1", ["A"], "f1", "a/meeting_summ.jsonl line 1, question 1"],
    ["A document. Q2 3", ["B c d"], "f1", "a/meeting_summ.jsonl line 1, question 2"],
  ]);
  expect(open.skipped).toEqual({ human: 1 });
  const exam = read(levalLine({ evaluation: "exam", source: "quality_raw" }), "quality.jsonl", settings);
  expect(exam.samples.map(({ prompt, metric, maxNewTokens }) => [prompt, metric, maxNewTokens])).toEqual([
    ["Q1{quality_raw}", "choice", 512],
    ["Q2{quality_raw}", "choice", 512],
  ]);
});

test("a dataset of one's own has its prompt, metric and tokens in files", () => {
  const settings = { prompts: { mine: "{input}" }, metrics: { mine: "rouge-l" }, maxNewTokens: { mine: 7 } } as const;
  const [sample] = readSamples([{ name: "f", text: line({ dataset: "mine" }) }], settings).samples;
  expect(sample).toMatchObject({ metric: "rouge-l", maxNewTokens: 7, task: "other", chat: true });
});

describe("bad lines are refused by file and line", () => {
  const zh = ["北京天安门"];
  it.each([
    ["", "longbench: data.jsonl must hold at least 1 line, got 0"],
    ["\n \n", "longbench: data.jsonl must hold at least 1 line, got 0"],
    [`${line({})}\n{"input": `, "longbench: data.jsonl line 2 must be JSON, got"],
    ["[1]", "longbench: data.jsonl item 1 must be an object, got 1"],
    ["[]", "longbench: data.jsonl must hold at least 1 line, got 0"],
    [`[${line({})}`, "longbench: data.jsonl must be JSON, got"],
    ["5", "longbench: data.jsonl line 1 must be an object, got 5"],
    ["null", "longbench: data.jsonl line 1 must be an object, got null"],
    [line({ context: undefined }), 'longbench: data.jsonl line 1 must have "context", got nothing'],
    [
      line({ answers: undefined, answer: ["x"] }),
      'longbench: data.jsonl line 1 must have "answers", got nothing; it has "answer"',
    ],
    [`${line({})}\n\n${line({ answers: "x" })}`, 'longbench: data.jsonl line 3: answers must be an array, got "x"'],
    [line({ answers: [] }), "longbench: data.jsonl line 1: answers must hold at least 1, got 0"],
    [line({ answers: [1] }), "longbench: data.jsonl line 1: answers[0] must be text, got 1"],
    [line({ input: 5 }), "longbench: data.jsonl line 1: input must be text, got 5"],
    [line({ length: "5" }), 'longbench: data.jsonl line 1: length must be a number, got "5"'],
    [line({ dataset: "trec" }), "longbench: data.jsonl line 1: all_classes must be an array, got null"],
    [line({ dataset: "qaspr" }), 'dataset of data.jsonl line 1 must have a prompt, got "qaspr"; qasper is meant?'],
    [
      line({ dataset: "novel" }),
      'dataset of data.jsonl line 1 must have a prompt, got "novel"; known are narrativeqa, qasper',
    ],
    [
      line({ answers: zh }),
      'data.jsonl line 1: answers must be English for f1, the metric of qasper, got Chinese, "北京天安门"',
    ],
    [
      line({ language: "zh" }),
      "answers must be English for f1, the metric of qasper, got a line whose language is Chinese",
    ],
    [
      line({ dataset: "dureader" }),
      'data.jsonl line 1: answers must be Chinese for rouge-l-zh, the metric of dureader, got no Chinese, "Ann"',
    ],
    [line({ dataset: "multifieldqa_zh", answers: zh, language: "en" }), "must be Chinese for f1-zh"],
    [
      line({ all_class: ["x"], all_classes: undefined }),
      'no key but those that are read, got "all_class"; all_classes is meant?',
    ],
    [line({ _id: ["x"] }), 'data.jsonl line 1: _id must be text or a number, got ["x"]'],
    [levalLine({ outputs: ["A"] }), "data.jsonl line 1: outputs must be as many as instructions, 2, got 1"],
    [
      levalLine({ evaluation: "f2" }),
      'data.jsonl line 1: evaluation must be one of exam, f1, rouge, human, LLM, got "f2"',
    ],
    [levalLine({ outputs: undefined }), 'data.jsonl line 1 must have "outputs", got nothing'],
    [levalLine({}), 'dataset of data.jsonl line 1 must have a prompt, got "data"'],
  ])("%j", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it("but names and numbers in any script, aliases, and a mark at the file's beginning are none", () => {
    const mixed = [line({ dataset: "dureader", answers: ["Facebook"] }), line({ dataset: "dureader", answers: zh })];
    expect(read(`\uFEFF${mixed.join("\n")}`).samples).toHaveLength(2);
    expect(read(line({ answers: ["日本", "Japan"] })).samples).toHaveLength(1);
    expect(read(line({ dataset: "multifieldqa_zh", answers: ["2008"] })).samples).toHaveLength(1);
    expect(read(line({ dataset: "lcc", answers: ["x = 1"], language: "python" })).samples).toHaveLength(1);
  });

  it("a dataset without a metric, and a prompt that names what is not there", () => {
    const settings = { prompts: { mine: "{input}", qasper: "{contxt}", qmsum: "{input", trec: "}" } };
    expect(() => read(line({ dataset: "mine" }), "f", settings)).toThrow(
      'dataset of f line 1 must have a metric, got "mine"',
    );
    expect(() => read(line({ dataset: "mine" }), "f", settings)).toThrow("; another's is given in metrics");
    const metrics = { mine: "f1" } as const;
    expect(() => readSamples([{ name: "f", text: line({ dataset: "mine" }) }], { ...settings, metrics })).toThrow(
      'must have a number of new tokens, got "mine"',
    );
    expect(() => read(line({}), "f", settings)).toThrow('got "contxt"; context is meant?');
    expect(() => read(line({ dataset: "qmsum" }), "f", settings)).toThrow("must have {{ for a brace, got { alone");
  });
});

test("a prompt's braces are doubled, and fields are not read again", () => {
  expect(filled("f", "x", "{{{a}}} {b}", { a: "{b}", b: "$&" })).toBe("{{b}} $&");
});

test("of a long prompt the first and the last half stay", () => {
  expect(withoutMiddle(characters, "abcdefghij", 10)).toBe("abcdefghij");
  expect(withoutMiddle(characters, "abcdefghij", 5)).toBe("abij");
  fc.assert(
    fc.property(fc.string({ minLength: 2 }), fc.integer({ min: 2, max: 80 }), (text, most) => {
      const kept = withoutMiddle(characters, text, most);
      const half = Math.floor(most / 2);
      if ([...text].length <= most) expect(kept).toBe(text);
      else expect(kept).toBe([...text].slice(0, half).join("") + [...text].slice(-half).join(""));
    }),
  );
});

test("a prompt fits in its room, the template around it counted", () => {
  const chatty: TextCodec = {
    ...characters,
    encodeChat: ([message]) => characters.encode(`<<${String(message!.content)}>>`),
  };
  const text = "abcdefghij";
  const fitted = (most: number, room: number, chat: boolean) => {
    const { ids, truncated } = fitPrompt("f", chatty, text, { most, room, chat });
    return [characters.decode(ids), truncated];
  };
  expect(fitted(14, 14, true)).toEqual(["<<abcdefghij>>", false]);
  expect(fitted(12, 12, true)).toEqual(["<<abcdghij>>", true]);
  // Truncated to 8 first: the template does not count then.
  expect(fitted(8, 12, true)).toEqual(["<<abcdghij>>", true]);
  expect(fitted(4, 10, false)).toEqual(["abij", true]);
  expect(() => fitted(5, 5, true)).toThrow("f: length must leave room for a prompt of at least 2 tokens, got 5 tokens");
});

/** Answers by what the prompt holds, a character a piece. */
const answering = (answers: Readonly<Record<string, string>>, seen: string[] = []): AnsweringModel => ({
  text: characters,
  source: { name: "fake" },
  generate: async function* (prompt, options) {
    const asked = characters.decode(prompt as number[]);
    seen.push(asked);
    const [, answer] = Object.entries(answers).find(([key]) => asked.includes(key))!;
    yield* [...answer].slice(0, options!.maxNewTokens);
  },
});

const sample = (fields: Partial<LongBenchSample>): LongBenchSample => ({
  dataset: "qasper",
  id: "1",
  prompt: "one",
  answers: ["Ann"],
  metric: "f1",
  task: "single-document QA",
  maxNewTokens: 20,
  firstLine: false,
  chat: true,
  ...fields,
});

test("answers are scored by their metrics, the first line alone where that counts", async () => {
  const model = answering({ one: "Ann came", two: "\nred\nblue", three: "北京。" });
  const done: number[] = [];
  const answers = await longBench(
    model,
    [
      sample({}),
      sample({ prompt: "two", metric: "classification", classes: ["red", "blue"], answers: ["red"], firstLine: true }),
      sample({ prompt: "three", metric: "f1-zh", answers: ["上海", "北京"] }),
    ],
    { length: 100, onProgress: (count, total) => void done.push(count, total) },
  );
  expect(answers.map(({ prediction, scores }) => [prediction, scores])).toEqual([
    ["Ann came", [2 / 3]],
    ["red", [1]],
    ["北京。", [1]],
  ]);
  expect(done).toEqual([1, 3, 2, 3, 3, 3]);
});

test("prompts are truncated to the length or to promptTokens", async () => {
  const seen: string[] = [];
  const model = answering({ a: "x" }, seen);
  const long = [sample({ prompt: "abcdefghijklmnop" })];
  const [first] = await longBench(model, long, { length: 30 });
  const [second] = await longBench(model, long, { length: 30, promptTokens: 4 });
  expect(seen).toEqual(["abcdelmnop", "abop"]);
  expect([first!.promptTokens, first!.truncated, second!.promptTokens]).toEqual([10, true, 4]);
  await expect(longBench(model, long, { length: 21 })).rejects.toThrow(
    "longBench: length must leave room for a prompt beside the 20 tokens of an answer to qasper, got 21",
  );
  await expect(longBench(model, long, { length: 50, chat: true })).rejects.toThrow(
    "longBench: chat must be false or absent for fake, which has no chat template, got true",
  );
  await expect(longBench(model, long, { length: 50, maxNew: 3 } as never)).rejects.toThrow('got "maxNew"');
});

test("a prompt is a message where the checkpoint has a template and the dataset takes one, or as it is said", async () => {
  const seen: string[] = [];
  const encodeChat: TextCodec["encodeChat"] = ([message]) => characters.encode(`<${String(message!.content)}>`);
  const model: AnsweringModel = { ...answering({ a: "x" }, seen), text: { ...characters, encodeChat } };
  const both = [sample({ prompt: "a" }), sample({ prompt: "ab", chat: false })];
  for (const chat of [undefined, true, false]) await longBench(model, both, { length: 50, chat });
  expect(seen).toEqual(["<a>", "ab", "<a>", "<ab>", "a", "ab"]);
});

const answer = (dataset: string, task: string, scores: readonly number[], length?: number): LongBenchAnswer => ({
  dataset,
  task,
  scores,
  id: "",
  metric: "f1",
  prediction: "",
  promptTokens: 1,
  truncated: false,
  ...(length !== undefined && { length }),
});

test("every dataset counts alike in the average, every task in the average by task", () => {
  const report = longBenchReport([
    answer("a", "QA", [1], 100),
    answer("a", "QA", [0], 9000),
    answer("b", "QA", [0]),
    answer("c", "code", [0.8]),
    answer("a", "QA", [0.5], 3999),
  ]);
  expect(report.datasets.map(({ dataset, score, byLength }) => [dataset, score, byLength])).toEqual([
    ["a", 50, { "0-4k": 75, "8k+": 0 }],
    ["b", 0, {}],
    ["c", 80, {}],
  ]);
  expect(report.tasks).toEqual([
    { task: "QA", score: 25 },
    { task: "code", score: 80 },
  ]);
  expect([report.average, report.averageByTask]).toEqual([130 / 3, 52.5]);
});

const files: Readonly<Record<string, string>> = {
  "d.jsonl": [1, 2, 3].map((each) => line({ _id: String(each), context: "Once upon a time ".repeat(90) })).join("\n"),
  "p.json": JSON.stringify({ qasper: "{context}{input}" }),
  "n.json": JSON.stringify({ qasper: 4 }),
  "empty.json": "{}",
  "zero.json": JSON.stringify({ qasper: 0 }),
  "m.json": JSON.stringify({ qasper: "f3" }),
};
const context = { read: async (name: string) => files[name]!, load: async () => undefined };

test("samples of one's own are checked, and a signal ends the run", async () => {
  const model = answering({ one: "Ann came" });
  const samples = (fields: object) => [sample({}), { ...sample({}), ...fields }];
  const run = (fields: object) => longBench(model, samples(fields), { length: 100 });
  await expect(run({ metric: "f2" })).rejects.toThrow("longBench: metric must be one of f1, f1-zh");
  await expect(run({ maxNewToken: 5 })).rejects.toThrow("samples[1] must have no keys but");
  await expect(run({ answers: [] })).rejects.toThrow("longBench: answers must hold at least 1, got 0");
  expect(() => readSamples([{ name: "f", text: line({}) }], { prompts, maxNew: {} } as never)).toThrow('got "maxNew"');
  const stories = await loadModel(await openFolder(stories260K.url), { backend: cpu({ threads: 1 }) });
  const aborting = longBench(stories, [sample({})], { length: 100, signal: AbortSignal.abort(new Error("enough")) });
  await expect(aborting).rejects.toThrow("enough");
  await stories.release();
});

test("as an evaluation it runs on a model, in parts that together are the whole", async () => {
  const { check, run, length, files: named, lists } = evaluationOf("test", "longbench");
  const asked = { data: ["d.jsonl"], prompts: "p.json", maxNew: "n.json", length: 200, limit: 2 };
  const params = check("test", asked);
  expect([length(params), named!(params), lists]).toEqual([200, ["d.jsonl", "p.json", "n.json"], ["data"]]);
  const model = await loadModel(await openFolder(stories260K.url), { backend: cpu({ threads: 1 }) });
  const whole = (await run(model, params, context)) as LongBenchResult;
  const parts = await Promise.all(
    [0, 1].map((index) => run(model, check("test", { ...asked, part: { index, of: 2 } }), context)),
  );
  await model.release();
  expect(whole.answers.map(({ id, truncated, promptTokens }) => [id, truncated, promptTokens <= 196])).toEqual([
    ["1", true, true],
    ["2", true, true],
  ]);
  expect((parts as LongBenchResult[]).flatMap(({ answers }) => answers)).toEqual(whole.answers);
  expect(whole.datasets).toHaveLength(1);
});

test("what its parameters and files lack is named", async () => {
  const { check, run } = evaluationOf("test", "longbench");
  const asked = { data: ["d.jsonl"], prompts: "p.json", length: 200 };
  expect(() => check("test", { ...asked, prompt: "p" })).toThrow('got "prompt"; prompts is meant?');
  expect(() => check("test", { ...asked, data: [] })).toThrow("test: data must hold at least 1, got 0");
  expect(() => check("test", { ...asked, part: { index: 2, of: 2 } })).toThrow(
    "test: part.index must be below 2, got 2",
  );
  const running = (params: object) => run({} as never, check("test", { ...asked, ...params }), context);
  await expect(running({ prompts: "empty.json" })).rejects.toThrow("empty.json must have at least 1 dataset, got 0");
  await expect(running({ prompts: "n.json" })).rejects.toThrow("n.json: qasper must be a prompt, got 4");
  await expect(running({ maxNew: "zero.json" })).rejects.toThrow("zero.json: qasper must be an integer >= 1, got 0");
  await expect(running({ metrics: "m.json" })).rejects.toThrow("m.json: qasper must be one of f1, f1-zh");
  await expect(running({ prompts: "d.jsonl" })).rejects.toThrow("d.jsonl must be JSON, got");
});
