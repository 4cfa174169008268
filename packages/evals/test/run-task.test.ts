import { cpu } from "@ropewalk/backend-node";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { squad } from "@ropewalk/testing/question-files";
import { passkey875k } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  evaluationOf,
  ownTask,
  passkeyIn,
  passkeyPrompt,
  rulerTask,
  runTask,
  type EvaluationContext,
  type PasskeyLanguage,
  type Task,
} from "../src/index.ts";

let model: LanguageModel;
beforeAll(async () => {
  model = await loadModel(await openFolder(passkey875k.url), { backend: cpu() });
});
afterAll(() => model.release());

const language = JSON.parse(readFileSync(new URL("task.json", passkey875k.url), "utf8")) as PasskeyLanguage;

/** The passkey task as a task of anybody's. */
const keys: Task = {
  name: "keys",
  maxNewTokens: 5,
  samples: ({ codec, length, samples, seed }) =>
    Array.from({ length: samples }, (_, index) => {
      const { ids, key } = passkeyPrompt(passkeyIn(language), codec, { length, depth: 0.5, seed: seed + index });
      return { prompt: ids, answers: [key] };
    }),
  score: (answer, { answers }) => (answer === answers[0] ? 1 : 0),
};

const asked = { length: 128, samples: 3, seed: 1 };
const sample = { prompt: "the pass key is", answers: ["1"] };

const context: EvaluationContext = {
  read: async () => squad,
  load: async () => keys,
};

describe("runTask", () => {
  it("scores what a model answers greedily, row by row", async () => {
    const done: string[] = [];
    const onProgress = (now: number, all: number): void => void done.push(`${now}/${all}`);
    const result = await runTask(keys, model, { ...asked, onProgress });
    expect(result).toMatchObject({ task: "keys", length: 128, score: 1 });
    expect(result.rows).toHaveLength(3);
    for (const { answer, answers, score, promptTokens } of result.rows) {
      expect(answers).toEqual([answer]);
      expect(score).toBe(1);
      expect(promptTokens).toBeGreaterThan(100);
    }
    expect(done).toEqual(["1/3", "2/3", "3/3"]);
  });

  it("gives the mean of the scores", async () => {
    const scores = [0.5, 0, 1];
    let at = 0;
    const { score } = await runTask({ ...keys, score: () => scores[at++]! }, model, asked);
    expect(score).toBe(0.5);
  });

  it("runs RULER's", async () => {
    const { score, rows } = await runTask(rulerTask("vt"), model, { length: 300, samples: 1, seed: 1 });
    expect(score).toBe(0);
    expect(rows[0]!.answers).toHaveLength(5);
    expect(rows[0]!.promptTokens).toBeGreaterThan(260);
  });

  it("ends by the signal where a task never gives its samples", async () => {
    const never: Task = { ...keys, samples: () => new Promise<never>(() => {}) };
    const stop = new AbortController();
    const running = runTask(never, model, { ...asked, signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await expect(runTask(keys, model, { ...asked, signal: stop.signal })).rejects.toThrow("enough");
  });

  it("ends by the signal", async () => {
    const stop = new AbortController();
    const onProgress = (): void => stop.abort(new Error("enough"));
    await expect(runTask(keys, model, { ...asked, signal: stop.signal, onProgress })).rejects.toThrow("enough");
  });

  it.each<[string, Partial<Record<keyof Task, unknown>>, RegExp]>([
    ["no name", { name: undefined }, /^runTask: name must be text, got nothing$/],
    ["no tokens", { maxNewTokens: 0 }, /^runTask: maxNewTokens must be an integer >= 1, got 0$/],
    ["no samples", { samples: undefined }, /^runTask: samples must be a function, got nothing$/],
    ["a score that is none", { score: 1 }, /^runTask: score must be a function, got 1$/],
    [
      "a key too many",
      { scores: 1 } as object,
      /^runTask: task must have no keys but name, .* got "scores"; score is meant\?$/,
    ],
    ["no list", { samples: () => sample }, /^runTask: keys's samples must be a list, got an object/],
    [
      "too few samples",
      { samples: () => [sample] },
      /^runTask: keys's samples must be as many as are asked for, 3, got 1$/,
    ],
    [
      "a sample that is none",
      { samples: () => [sample, 3, sample] },
      /^runTask: keys's samples\[1\] must be an object, got 3$/,
    ],
    [
      "no answers",
      { samples: () => [sample, { prompt: "a" }, sample] },
      /^runTask: keys's samples\[1\]\.answers must be a list of texts, got nothing$/,
    ],
    [
      "no prompt",
      { samples: () => [sample, sample, { answers: [] }] },
      /^runTask: keys's samples\[2\]\.prompt must be text, token ids or messages, got nothing$/,
    ],
    [
      "messages without a template",
      { samples: () => [sample, sample, { ...sample, prompt: [{ role: "user", content: "a" }] }] },
      /samples\[2\]\.prompt must be text or token ids for a model without a chat template, got messages$/,
    ],
    [
      "a prompt that is too long",
      { maxNewTokens: 125 },
      /^runTask: keys's samples\[0\]\.prompt must be at most 3 tokens, 128 without the answer's, got \d+$/,
    ],
    ["a score above 1", { score: () => 2 }, /^runTask: keys's score of samples\[0\] must be from 0 to 1, got 2$/],
    ["no number", { score: () => true }, /^runTask: keys's score of samples\[0\] must be from 0 to 1, got true$/],
    ["NaN", { score: () => NaN }, /^runTask: keys's score of samples\[0\] must be from 0 to 1, got NaN$/],
  ])("refuses a task with %s", async (_, wrong, message) => {
    await expect(runTask({ ...keys, ...wrong } as Task, model, asked)).rejects.toThrow(message);
  });

  it.each([
    [{ ...asked, samples: -1 }, /^runTask: samples must be an integer >= 1, got -1$/],
    [{ ...asked, length: 1.5 }, /^runTask: length must be an integer >= 1, got 1\.5$/],
    [{ ...asked, sample: 1 }, /^runTask: options must have no keys but .*, got "sample"; samples is meant\?$/],
  ])("refuses %j", async (options, message) => {
    await expect(runTask(keys, model, options)).rejects.toThrow(message);
  });

  it("refuses a model without a tokenizer", async () => {
    await expect(runTask(keys, { ...model, text: undefined }, asked)).rejects.toThrow(
      /must have a tokenizer, got none$/,
    );
  });
});

describe("a task out of a module", () => {
  it("says where it comes from when it throws", async () => {
    const broken = (name: "samples" | "score"): Task =>
      ownTask("./mine.mjs", {
        ...keys,
        [name]: () => {
          throw new Error("no luck");
        },
      });
    for (const name of ["samples", "score"] as const)
      await expect(runTask(broken(name), model, asked)).rejects.toThrow(
        new RegExp(`^\\./mine\\.mjs: ${name} must not throw, got no luck$`),
      );
    expect(() => ownTask("./mine.mjs", undefined)).toThrow(/^\.\/mine\.mjs: task must be an object, got nothing$/);
  });
});

describe("the evaluation `task`", () => {
  const evaluation = evaluationOf("test", "task");

  it("fills in defaults, and leaves out what the task does not read", () => {
    const files = { essays: "a.txt", documents: "b.json" };
    expect(evaluation.check("test", { task: "vt", length: 512, ...files })).toEqual({
      task: "vt",
      length: 512,
      samples: 10,
      seed: 42,
    });
    const questions = evaluation.check("test", { task: "qa_1", length: 512, samples: 2, seed: 1, ...files });
    expect(questions).toEqual({ task: "qa_1", length: 512, samples: 2, seed: 1, documents: "b.json" });
    expect(evaluation.check("test", { task: "vt", length: 9, chat: true })).toMatchObject({ chat: true });
    expect(evaluation.check("test", { task: "./mine.mjs", length: 9, chat: true })).not.toHaveProperty("chat");
    expect(evaluation.files!(questions)).toEqual(["b.json"]);
    expect(evaluation.length(questions)).toBe(512);
    expect(evaluation.files!(evaluation.check("test", { task: "./mine.mjs", length: 9 }))).toEqual(["./mine.mjs"]);
  });

  it("runs a task of RULER's, and one of a module", async () => {
    const run = (params: object) => evaluation.run(model, evaluation.check("test", params), context);
    expect(await run({ task: "qa_1", length: 256, samples: 1, documents: "squad.json" })).toMatchObject({ score: 0 });
    expect(await run({ task: "./keys.mjs", length: 128, samples: 1 })).toMatchObject({ task: "keys", score: 1 });
  });

  it.each<[object, RegExp]>([
    [
      { task: "niah_singl_1", length: 9 },
      /^test: task must be a module's path or one of niah_single_1, .* \(niah_single_1 is meant\?\), got "niah_singl_1"$/,
    ],
    [{ task: "niah_single_2", length: 9 }, /^test: essays must name a file for niah_single_2, got nothing$/],
    [{ task: "qa_2", length: 9, essays: "a" }, /^test: documents must name a file for qa_2, got nothing$/],
    [{ task: "vt", length: 0 }, /^test: length must be an integer >= 1, got 0$/],
    [{ task: "vt", length: 9, samples: -2 }, /^test: samples must be an integer >= 1, got -2$/],
    [{ task: "vt", length: 9, depth: 1 }, /^test: params must have no keys but .*, got "depth"$/],
  ])("refuses %j", (params, message) => {
    expect(() => evaluation.check("test", params)).toThrow(message);
  });
});
