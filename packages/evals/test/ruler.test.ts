import { textCodec, type TextCodec } from "@ropewalk/generation";
import { hotpot, squad } from "@ropewalk/testing/question-files";
import { byteLevel } from "@ropewalk/testing/tokenizer-forms";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  lengthSummary,
  rulerNames,
  rulerTask,
  stringMatchAll,
  stringMatchPart,
  type RulerName,
  type RulerSources,
} from "../src/index.ts";
import { largestCount } from "../src/ruler/fit/largest-count.ts";

const shipped = (url: URL): TextCodec => {
  const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, url), "utf8"));
  return textCodec({ tokenizer: json("tokenizer.json"), config: json("tokenizer_config.json") });
};

/** Words, pieces of words and bytes as tokens, and a length that holds every task. */
const codecs: readonly (readonly [string, TextCodec, number])[] = [
  ["passkey-875k's", shipped(passkey875k.url), 1024],
  ["stories260K's", shipped(stories260K.url), 2048],
  ["a byte-level", textCodec(byteLevel), 3600],
];
const [[, words]] = codecs as [readonly [string, TextCodec, number], ...unknown[]];

const essays =
  "It was a bright day in April. Mr. Hale walked along the river, and nobody spoke to him! “Where to?” asked the ferryman. " +
  "The other side had woods, low hills and a road that went north for many miles.";

const sourcesFor = (name: RulerName): RulerSources => {
  if (name === "qa_1") return { documents: squad };
  if (name === "qa_2") return { documents: hotpot };
  return { essays };
};

const samplesOf = async (
  name: RulerName,
  place: { codec?: TextCodec; length: number; samples: number; seed: number },
) => rulerTask(name, sourcesFor(name)).samples({ codec: words, ...place });

const inputOf = async (name: RulerName, length = 1024, seed = 1): Promise<string> =>
  (await samplesOf(name, { length, samples: 1, seed }))[0]!.text;

const count = (text: string, what: RegExp): number => text.match(what)?.length ?? 0;

it("has the thirteen tasks of RULER, by their names", () => {
  expect(rulerNames).toEqual([
    "niah_single_1",
    "niah_single_2",
    "niah_single_3",
    "niah_multikey_1",
    "niah_multikey_2",
    "niah_multikey_3",
    "niah_multivalue",
    "niah_multiquery",
    "vt",
    "cwe",
    "fwe",
    "qa_1",
    "qa_2",
  ]);
  const tokens = rulerNames.map((name) => rulerTask(name, sourcesFor(name)).maxNewTokens);
  expect(tokens).toEqual([128, 128, 128, 128, 128, 128, 128, 128, 30, 120, 50, 32, 32]);
});

describe.each(codecs)("under %s tokenizer", (_, codec, length) => {
  it.each(rulerNames)("%s fills the length within 2 %, and has its answers in it", async (name) => {
    const task = rulerTask(name, sourcesFor(name));
    const samples = await task.samples({ codec, length, samples: 2, seed: 5 });
    expect(samples).toHaveLength(2);
    for (const sample of samples) {
      const { text: prompt, answerPrefix, promptTokens } = sample;
      expect(codec.encode(prompt)).toHaveLength(promptTokens);
      expect(promptTokens + task.maxNewTokens).toBeLessThanOrEqual(length);
      expect(promptTokens + task.maxNewTokens).toBeGreaterThanOrEqual(0.98 * length);
      expect(prompt.endsWith(answerPrefix)).toBe(true);
      expect(task.score(prompt, sample)).toBe(1);
      // What is asked for is not told behind the text.
      expect(task.score(prompt.slice(prompt.lastIndexOf("\n")), sample)).toBe(0);
    }
  });
});

describe("the same seed", () => {
  const held = rulerNames.filter((name) => name !== "cwe");

  it("gives the same prompts within 2 % of any length, another seed others", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...held),
        fc.integer({ min: 700, max: 1600 }),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
        async (name, length, seed) => {
          const place = { length, samples: 2, seed };
          const [first, again] = [await samplesOf(name, place), await samplesOf(name, place)];
          expect(again).toEqual(first);
          const other = await samplesOf(name, { ...place, seed: seed + 1 });
          expect(other.map(({ text }) => text)).not.toEqual(first.map(({ text }) => text));
          for (const { promptTokens } of first) {
            const total = promptTokens + rulerTask(name, sourcesFor(name)).maxNewTokens;
            expect(total / length).toBeLessThanOrEqual(1);
            expect(total / length).toBeGreaterThanOrEqual(0.98);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it("gives the first samples of more", async () => {
    const few = await samplesOf("vt", { length: 600, samples: 2, seed: 9 });
    expect((await samplesOf("vt", { length: 600, samples: 3, seed: 9 })).slice(0, 2)).toEqual(few);
  });
});

describe("a prompt", () => {
  it.each([
    ["niah_single_1", 1, 1, /numbers for [a-z]+-[a-z]+ is: \d{7}\./g],
    [
      "niah_single_3",
      1,
      1,
      /uuids for [a-z]+-[a-z]+ is: [\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}\./g,
    ],
    ["niah_multikey_1", 4, 1, /numbers for [a-z]+-[a-z]+ is: \d{7}\./g],
    ["niah_multivalue", 4, 4, /numbers for [a-z]+-[a-z]+ is: \d{7}\./g],
    ["niah_multiquery", 4, 4, /numbers for [a-z]+-[a-z]+ is: \d{7}\./g],
  ] as const)("of %s has %i needles, of which %i is asked for", async (name, needles, asked, needle) => {
    const [sample] = await samplesOf(name, { length: 1024, samples: 1, seed: 2 });
    expect(count(sample!.text, needle)).toBe(needles);
    expect(new Set(sample!.answers).size).toBe(asked);
  });

  it("of needles among needles has as many as there is room for, each with a key of its own", async () => {
    const keys = [...(await inputOf("niah_multikey_3")).matchAll(/uuids for ([\da-f-]{36}) is: [\da-f-]{36}\.\n/g)];
    expect(keys.length).toBeGreaterThan(50);
    expect(new Set(keys.map(([, key]) => key)).size).toBe(keys.length);
  });

  it("asks for one value in the singular, for several keys by all their names", async () => {
    expect(await inputOf("niah_single_1")).toMatch(/^A special magic number is hidden/);
    expect(await inputOf("niah_multiquery")).toMatch(
      /magic numbers for (\S+-\S+, ){3}and \S+-\S+ mentioned in the provided text are$/,
    );
  });

  it("tracks one value over four hops, in order, behind a solved example", async () => {
    const [sample] = await samplesOf("vt", { length: 1024, samples: 1, seed: 4 });
    const [example, own] = sample!.text.split("\n\nVariables") as [string, string];
    const statements = [...own.matchAll(/VAR ([A-Z]{5}) = (?:VAR )?(\w+)/g)];
    expect(statements.map(([, name]) => name)).toEqual(sample!.answers);
    expect(statements.slice(1).map(([, , from]) => from)).toEqual(sample!.answers.slice(0, 4));
    expect(own).toContain(`5 variables are assigned the value ${statements[0]![2]}, they are: `);
    expect(words.encode(example).length).toBeLessThan(1024 / 4 + 10);
    expect(example).toMatch(/they are: ([A-Z]{3} ){4}[A-Z]{3}$/);
  });

  it.each([
    [1500, 6, 1],
    [4096, 30, 3],
  ])(
    "of common words has ten of them in %i tokens, %i times each, and others %i times",
    async (length, often, seldom) => {
      const [sample] = await samplesOf("cwe", { length, samples: 1, seed: 4 });
      const list = sample!.text.split("\n").at(-2)!;
      const counts = new Map<string, number>();
      for (const [, word] of list.matchAll(/\d+\. (\S+)/g)) counts.set(word!, (counts.get(word!) ?? 0) + 1);
      for (const word of sample!.answers) expect(counts.get(word)).toBe(often);
      const others = [...counts].filter(([word]) => !sample!.answers.includes(word)).map(([, times]) => times);
      // The last one may have been cut off.
      expect(others.filter((times) => times !== seldom).length).toBeLessThanOrEqual(1);
      expect(Math.max(...others)).toBe(seldom);
    },
  );

  it("of common words goes on with pairs where the list has no more words", async () => {
    const pairs = count(await inputOf("cwe", 16_384), /\d+\. [a-z]+-[a-z]+/g);
    expect(pairs).toBeGreaterThan(100);
  });

  it("of frequent words has three that come most often, without a tie, beside dots", async () => {
    for (const length of [400, 1000, 3000]) {
      const [sample] = await samplesOf("fwe", { length, samples: 1, seed: 7 });
      const counts = new Map<string, number>();
      for (const [word] of sample!.text.split("most often. ")[1]!.split("\n")[0]!.matchAll(/\S+/g))
        counts.set(word, (counts.get(word) ?? 0) + 1);
      const ranked = [...counts].sort((a, b) => b[1] - a[1]);
      expect(ranked.slice(0, 4).map(([word]) => word)).toEqual(["...", ...sample!.answers]);
      expect(ranked[3]![1]).toBeGreaterThan(ranked[4]![1]);
    }
  });

  it("of questions has the documents that the answer is in, and first others about the same things", async () => {
    const [sample] = await samplesOf("qa_1", { length: 300, samples: 1, seed: 3 });
    const asked = /see the (\w+) of (\w+)\?/.exec(sample!.text)!;
    expect(sample!.answers).toEqual([`The old ${asked[1]} of ${asked[2]}`, "nowhere at all"]);
    const documents = sample!.text.match(/Document \d+:\n.+/g)!;
    expect(documents.map((text) => /Document (\d+)/.exec(text)![1])).toEqual(documents.map((_, at) => `${at + 1}`));
    expect(documents.length).toBeGreaterThan(2);
    // Four are of this place, the one with the answer among them.
    const same = documents.filter((text) => text.includes(asked[2]!));
    expect(same).toHaveLength(Math.min(4, documents.length));
  });

  it("of questions over several documents has all of them at the shortest length", async () => {
    const prompt = await inputOf("qa_2", 250, 6);
    const [, one, two] = /both the (\w+) and the (\w+)\?/.exec(prompt)!;
    expect(prompt).toMatch(new RegExp(`\n${one} of `));
    expect(prompt).toMatch(new RegExp(`\n${two} of `));
  });

  it("of questions never asks one twice, and the same at every length", async () => {
    const asked = async (length: number) =>
      (await samplesOf("qa_1", { length, samples: 20, seed: 3 })).map(({ text }) => text.split("Question: ")[1]);
    expect(new Set(await asked(256)).size).toBe(20);
    expect(await asked(300)).toEqual(await asked(256));
  });
});

describe("as a message to the assistant", () => {
  const template = "<|end|>{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}[assistant]";
  const chatting = textCodec({ ...byteLevel, chatTemplate: template });

  it("a prompt is ids, fitted with what the template adds, and its answer begins with the prefix", () => {
    for (const name of ["niah_single_1", "vt", "qa_1"] as const) {
      const task = rulerTask(name, { ...sourcesFor(name), chat: true });
      const [sample] = task.samples({ codec: chatting, length: 2000, samples: 1, seed: 2 });
      const { prompt, text, answerPrefix, promptTokens } = sample!;
      expect(text.startsWith("<|end|>[user] ")).toBe(true);
      expect(text.endsWith(`\n[assistant]${answerPrefix}`)).toBe(true);
      expect(prompt).toEqual(chatting.encode(text, { specialTokens: false }));
      // What begins the text is one token, and no other comes before it.
      expect((prompt as readonly number[]).filter((id) => id === 300)).toEqual([(prompt as readonly number[])[0]]);
      expect(promptTokens).toBe(prompt.length);
      expect((promptTokens + task.maxNewTokens) / 2000).toBeGreaterThan(0.98);
      expect(promptTokens + task.maxNewTokens).toBeLessThanOrEqual(2000);
    }
  });
});

describe("scores", () => {
  it.each([
    ["the 7 and 8", ["7", "8"], 1, 1],
    ["the 7", ["7", "8"], 0.5, 1],
    ["Neither", ["7", "8"], 0, 0],
    ["PARIS, of course", ["paris"], 1, 1],
    ["", ["paris"], 0, 0],
    ["a b c", ["A", "B", "C", "D"], 0.75, 1],
    ["78", ["7", "8"], 1, 1],
  ])("%j against %j", (answer, answers, all, part) => {
    expect(stringMatchAll(answer, answers)).toBe(all);
    expect(stringMatchPart(answer, answers)).toBe(part);
  });

  it("give RULER's published averages of Llama 3.1 (8B), and its effective length", () => {
    const published = [95.5, 93.8, 91.6, 87.4, 84.7, 77.0];
    const scores = published.map((score, index) => ({ length: 4096 * 2 ** index, score: score / 100 }));
    const { average, increasing, decreasing, effectiveLength } = lengthSummary(scores.toReversed());
    expect(100 * average).toBeCloseTo(88.3, 1);
    expect(100 * increasing).toBeCloseTo(85.4, 1);
    expect(100 * decreasing).toBeCloseTo(91.3, 1);
    expect(effectiveLength).toBe(32_768);
    expect(lengthSummary(scores, 0.99).effectiveLength).toBeUndefined();
    expect(lengthSummary(scores, 0).effectiveLength).toBe(131_072);
  });
});

it("finds the largest count that fits, of any growth", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { minLength: 1, maxLength: 300 }), fc.nat(2000), (steps, spare) => {
      const sizes = [10];
      for (const step of steps) sizes.push(sizes.at(-1)! + step);
      const room = 10 + spare;
      const tokens = (units: number): number => sizes[units]!;
      const found = largestCount(tokens, { least: 0, room, most: steps.length });
      expect(found).toBe(sizes.findLastIndex((size) => size <= room));
    }),
  );
});

describe("bad input", () => {
  const where = { codec: words, samples: 1, seed: 1 };

  it.each([
    [
      "a name that is none, with the nearest",
      () => rulerTask("niah_single1" as RulerName),
      /name must be one of niah_single_1, .*niah_single_1 is meant\?.*, got "niah_single1"/,
    ],
    [
      "no essays",
      () => rulerTask("niah_multivalue"),
      /^rulerTask: essays must be the text of a file for niah_multivalue, got nothing$/,
    ],
    [
      "essays without words",
      () => rulerTask("niah_single_2", { essays: " \n" }),
      /^rulerTask: essays must hold at least 1 word, got 0$/,
    ],
    [
      "no documents",
      () => rulerTask("qa_2", { essays }),
      /^rulerTask: documents must be the text of a file of HotpotQA's JSON for qa_2, got nothing$/,
    ],
    [
      "documents of the other shape",
      () => rulerTask("qa_2", { documents: squad }),
      /documents must have the shape of HotpotQA's file, got "SQuAD"$/,
    ],
    ["documents that are no JSON", () => rulerTask("qa_1", { documents: "{" }), /documents must be JSON, got /],
    [
      "documents without questions",
      () => rulerTask("qa_1", { documents: '{"data":[]}' }),
      /documents must hold at least 1 question with an answer, got 0$/,
    ],
    [
      "a paragraph without its text",
      () => rulerTask("qa_1", { documents: '{"data":[{"paragraphs":[{"qas":[]}]}]}' }),
      /documents\.data\[0\]\.paragraphs\[0\]\.context must be text, got nothing$/,
    ],
    [
      "an answer that is no text",
      () => rulerTask("qa_2", { documents: '[{"question":"a","answer":3,"context":[["t",["x"]]]}]' }),
      /documents\[0\]\.answer must be text, got 3$/,
    ],
    [
      "a source that nothing reads",
      () => rulerTask("vt", { essay: "" } as RulerSources),
      /options must have no keys but essays, documents, chat, got "essay"; essays is meant\?/,
    ],
    [
      "messages without a template",
      () => rulerTask("vt", { chat: true }).samples({ ...where, length: 500 }),
      /^rulerTask: chat must be absent for a model without a chat template, got true$/,
    ],
    [
      "negative samples",
      () => rulerTask("vt").samples({ ...where, length: 500, samples: -1 }),
      /samples must be an integer >= 1, got -1$/,
    ],
    [
      "a seed that is no integer",
      () => rulerTask("vt").samples({ ...where, length: 500, seed: 0.5 }),
      /seed must be an integer, got 0\.5$/,
    ],
    [
      "more samples than questions",
      () => rulerTask("qa_2", { documents: hotpot }).samples({ ...where, length: 500, samples: 9 }),
      /samples must be at most 8, the questions in documents, got 9$/,
    ],
  ])("%s", (_, run, message) => {
    expect(run).toThrow(message);
  });

  it.each(rulerNames)("a length that cannot hold %s, with one that can", async (name) => {
    const task = rulerTask(name, sourcesFor(name));
    let said = "";
    try {
      await task.samples({ ...where, samples: 3, length: 40 });
    } catch (error) {
      said = (error as Error).message;
    }
    const pattern = /^rulerTask: length must be at least (\d+) for (\S+) under this tokenizer, got 40$/;
    expect(said).toMatch(pattern);
    const least = Number(pattern.exec(said)![1]);
    await expect(Promise.resolve(task.samples({ ...where, samples: 1, length: least + 30 }))).resolves.toHaveLength(1);
  });
});
