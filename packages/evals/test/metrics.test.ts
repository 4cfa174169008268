import { beforeAll, expect, test } from "vitest";
import { editSimilarity } from "../src/metrics/edit-similarity.ts";
import { metrics, scoreAnswer, scoreDataset } from "../src/metrics/metric.ts";
import { rouges } from "../src/metrics/rouge-mean.ts";
import { jieba, type Segment } from "../src/metrics/segment.ts";
import { metricCases } from "./metric-cases.ts";

let segment: Segment;
beforeAll(async () => {
  segment = await jieba();
});

test.each(metricCases)("%s of %j beside %j is %f", (name, prediction, truth, score, classes) => {
  expect(metrics[name].score(prediction, truth, { classes, segment })[0]).toBeCloseTo(score, 12);
});

const closed: readonly (readonly [keyof typeof metrics, string, string, number])[] = [
  ["exact-match", "We spoke of The History of  Art.", "the history of art", 1],
  ["exact-match", "2.50", "2.5", 1],
  ["exact-match", "", "B", 0.25],
  ["exact-match", "", "a topic", 0],
  ["choice", "The answer: (B) it rains", "(B) it rains", 1],
  ["choice", "", "B", 0],
  ["choices", "A. and C.", "AC", 1],
  ["choices", "C", "AC", 0.25],
  ["choices", "ABD", "AC", 0],
  ["number", "So 3 + 4 = 7. The answer is $1,200.50", "1200", 1],
  ["number", "first 5\n\nthen 6", "5", 1],
  ["code-output", "the final output will be [1, 2]", "[1,  2]", 1],
  ["judgement", "It is False. True elsewhere", "False [fact: True]", 1],
  ["judgement", "maybe", "True [fact: True]", 0],
];

test.each(closed)("%s of %j beside %j is %f", (name, prediction, truth, score) => {
  expect(scoreAnswer(name, prediction, [truth])).toEqual([score]);
});

test("rouge is of grams and of the longest common subsequence", () => {
  // Words: the cat sat on mat; the cat on the mat. Same 4 (1-grams), 1 (the cat), 4 (the cat on mat), of 5 and 5.
  expect(rouges("The cat sat on mat!", "the cat, on the mat")).toEqual([0.8, 0.25, 0.8]);
  expect(rouges("", "x")).toEqual([0, 0, 0]);
  expect(rouges("中文", "中文")).toEqual([0, 0, 0]);
  expect(rouges("one", "one")).toEqual([1, 0, 1]);
});

test("an edit ratio by subsequence, as python-Levenshtein has it", () => {
  expect(editSimilarity("abcd", "dcba", "subsequence")).toBe(0.25);
  expect(editSimilarity("abxcd", "abcd", "subsequence")).toBe(0.89);
  expect(() => editSimilarity("a", "b", "block" as never)).toThrow('got "block"');
});

test("an answer scores the best over its truths, a dataset the mean", () => {
  expect(scoreAnswer("f1", "Paris", ["London", "Paris"])).toEqual([1]);
  expect(scoreDataset([[1], [0], [0.5]])).toBe(50);
  expect(scoreDataset([[0.5, 0.25, 1]])).toBeCloseTo(50, 12);
  expect(scoreDataset([])).toBeNaN();
});

test("what a score lacks is named", () => {
  expect(() => scoreAnswer("f2" as never, "a", ["a"])).toThrow("scoreAnswer: name must be one of");
  expect(() => scoreAnswer("f1", 5 as never, ["a"])).toThrow("scoreAnswer: prediction must be text, got 5");
  expect(() => scoreAnswer("f1", "a", [])).toThrow("scoreAnswer: truths must hold at least 1, got 0");
  expect(() => scoreAnswer("f1", "a", [null] as never)).toThrow("scoreAnswer: truths[0] must be text, got null");
  expect(() => scoreAnswer("f1-zh", "a", ["a"])).toThrow(
    "scoreAnswer: context must have segment for f1-zh, got nothing",
  );
  expect(() => scoreAnswer("classification", "a", ["a"], { clases: [] } as never)).toThrow(
    'got "clases"; classes is meant?',
  );
  expect(() => scoreAnswer("retrieval", "3", ["段落3"])).toThrow(
    'retrieval: truth must hold "Paragraph " and a number',
  );
});

test("Chinese words are jieba's", () => {
  expect(segment("他来到了网易杭研大厦")).toEqual(["他", "来到", "了", "网易", "杭研", "大厦"]);
  expect(segment("在5k-15k之间，C++17、3%4")).toEqual([
    "在",
    "5k",
    "-",
    "15k",
    "之间",
    "，",
    "C++",
    "17",
    "、",
    "3%",
    "4",
  ]);
  expect(segment("")).toEqual([]);
});
