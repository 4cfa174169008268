/** Answers scored by hand from the definitions: [metric, prediction, truth, score, classes]. */
import type { MetricName } from "../src/metrics/metric.ts";

export type MetricCase = readonly [
  metric: MetricName,
  prediction: string,
  truth: string,
  score: number,
  classes: readonly string[] | undefined,
];

/** F of ROUGE-L from the words that are the same and the different words of both. */
const f = (same: number, predicted: number, right: number): number => {
  const [precision, recall] = [same / predicted, same / right];
  return (2 * precision * recall) / (precision + recall + 1e-8);
};

const colours = ["red", "blue", "dark blue", "green"];
const places = ["city", "city in a country", "country", "other location"];

const cases: readonly (MetricCase | readonly [MetricName, string, string, number])[] = [
  // F1: same 2 of 3 and 2: P 2/3, R 1
  ["f1", "the cat sat down", "A cat sat!", 0.8],
  ["f1", "", "cat", 0],
  ["f1", "cat", "", 0],
  ["f1", "", "", 0],
  ["f1", "The, a an.", "the", 0],
  ["f1", "Cat, CAT; cat", "cat cat dog", 2 / 3],
  ["f1", "cat cat cat cat", "cat", 0.4],
  ["f1", "don't", "dont", 1],
  ["f1", "state-of-the-art", "stateoftheart", 1],
  ["f1", "in the\u00a0end\tof\u3000it", "end of it in", 1],
  ["f1", "thé a été", "été thé", 1],
  ["f1", "café-a", "café", 0],
  ["f1", "naïve an", "Naïve", 1],
  ["f1", "yes", "no", 0],
  ["f1", "The answer is Paris, France.", "Paris", 0.4],
  // Chinese F1: 我 爱 北京 天安门 beside 北京 天安门: P 1/2, R 1
  ["f1-zh", "我爱北京天安门", "北京天安门", 2 / 3],
  ["f1-zh", "北京，北京。", "北京", 2 / 3],
  ["f1-zh", "", "北京", 0],
  ["f1-zh", "《北京》", "北京", 2 / 3],
  ["f1-zh", "「北京」！", "北京", 1],
  ["f1-zh", "ＡＢ 2008年", "2008 年", 2 / 3],
  ["f1-zh", "他来到了网易杭研大厦", "网易杭研大厦", (2 * 0.5 * 1) / 1.5],
  ["f1-zh", "GPT-3.5", "gpt 3.5", 1],
  ["f1-zh", "……", "。", 0],
  // ROUGE-L: all 3 words the same
  ["rouge-l", "the cat sat", "the cat sat", f(3, 3, 3)],
  ["rouge-l", "", "the cat", 0],
  ["rouge-l", "the cat", "", 0],
  ["rouge-l", "...", "the cat", 0],
  ["rouge-l", "the cat.", "the cat", f(2, 2, 2)],
  // The space behind the stop is an empty word of its own.
  ["rouge-l", "the cat. ", "the cat", f(2, 3, 2)],
  ["rouge-l", " ", " ", f(1, 1, 1)],
  // Of a set the second cat is none.
  ["rouge-l", "cat cat cat", "cat", f(1, 1, 1)],
  ["rouge-l", "a b c d", "d c b a", f(1, 4, 4)],
  // The union over sentences: a b from the first, a c from the second.
  ["rouge-l", "a b x. a c y", "a b c", f(3, 5, 3)],
  ["rouge-l", "w1 w2 w6 w7 w8. w1 w3 w8 w9 w5", "w1 w2 w3 w4 w5", f(4, 8, 5)],
  ["rouge-l", "The cat sat", "the cat sat", f(2, 3, 3)],
  ["rouge-l", "x y. y x", "x. y", f(2, 2, 2)],
  // The stop in 3.14 ends a sentence too: "pi is 3" and "14", "3" and "14 is pi".
  ["rouge-l", "pi is 3.14", "3.14 is pi", f(3, 4, 4)],
  // Chinese ROUGE-L: 会议 讨论 了 产品 beside 会议 讨论 产品
  ["rouge-l-zh", "会议讨论了产品", "会议讨论产品", f(3, 4, 3)],
  ["rouge-l-zh", "", "会议", 0],
  ["rouge-l-zh", "产品产品产品", "产品", f(1, 1, 1)],
  ["rouge-l-zh", "降低成本，提高质量", "提高质量，降低成本", f(1, 3, 3)],
  // Classification
  ["classification", "red", "red", 1, colours],
  ["classification", "red or green", "red", 0.5, colours],
  ["classification", "nothing", "red", 0, colours],
  ["classification", "", "red", 0, colours],
  // blue is a part of the truth's name, and goes.
  ["classification", "dark blue", "dark blue", 1, colours],
  ["classification", "dark blue", "blue", 0.5, colours],
  ["classification", "red red red", "red", 1, colours],
  // Of two neighbours that are parts of the truth's name the second stays: city goes, country stays.
  ["classification", "city in a country", "city in a country", 1, places],
  ["classification", "city in a country", "city in a country", 0.5, ["city", "country", "city in a country"]],
  ["classification", "类别：体育", "体育", 1, ["体育", "军事"]],
  // Edit similarity: ab in both, of 2 and 3 characters
  ["edit-similarity", "ab", "abc", 0.8],
  ["edit-similarity", "", "abc", 0],
  ["edit-similarity", "", "", 1],
  ["edit-similarity", "return x", "return x", 1],
  ["edit-similarity", "\n\n# comment\n// more\n```python\nreturn x\nreturn y", "return x", 1],
  ["edit-similarity", "# only a comment", "return x", 0],
  // 200 / 16 = 12.5, to the even number
  ["edit-similarity", "a", "abcdefghijklmno", 0.12],
  // 600 / 16 = 37.5, to the even number
  ["edit-similarity", "abc", "abcdefghijklm", 0.38],
  // The longest block is bcd: a and b alike in another order share nothing more.
  ["edit-similarity", "abcd", "bcda", 0.75],
  ["edit-similarity", "aaaa", "aa", 0.67],
  ["edit-similarity", "x = '中文'", "x = '中'", 0.93],
  ["edit-similarity", "😀a", "😀b", 0.5],
  // Of 200 characters all are too many to begin a block.
  ["edit-similarity", "ab".repeat(100).slice(1), "ab".repeat(100), 0],
  // Count
  ["count", "There are 5 paragraphs", "5", 1],
  ["count", "5 or 7", "5", 0.5],
  ["count", "5 5 5", "5", 1],
  ["count", "no number", "5", 0],
  ["count", "", "5", 0],
  ["count", "15", "5", 0],
  ["count", "5.5", "5", 1],
  ["count", "共有５段", "5", 0],
  // Retrieval
  ["retrieval", "Paragraph 12", "Paragraph 12", 1],
  ["retrieval", "12", "Paragraph 12", 1],
  ["retrieval", "Paragraph 1, not 2", "Paragraph 1", 0.5],
  ["retrieval", "Paragraph one", "Paragraph 1", 0],
  ["retrieval", "", "Paragraph 1", 0],
  ["retrieval-zh", "段落3", "段落3", 1],
  ["retrieval-zh", "段落3、段落3、段落4", "段落3", 2 / 3],
  ["retrieval-zh", "", "段落3", 0],
];

export const metricCases: readonly MetricCase[] = cases.map(([name, prediction, truth, score, classes]) => [
  ...([name, prediction, truth, score] as const),
  classes,
]);
