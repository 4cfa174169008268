/** Files of LongBench and of exams by the commands: scores side by side, answers as a file, and what is refused. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from "vitest";
import { run } from "../../src/program.ts";
import { file, ropewalk, ropewalkOn, scratch } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const story = "Once upon a time there was a little girl named Lily. She went to the park. ";
const line = (fields: object): string =>
  JSON.stringify({
    input: "Who?",
    context: story.repeat(40),
    answers: ["Lily"],
    dataset: "qasper",
    all_classes: null,
    ...fields,
  });
const data = file(
  "d.jsonl",
  [line({ _id: "a" }), line({ _id: "b" }), line({ _id: "c", dataset: "samsum" })].join("\n"),
);
const prompts = file(
  "p.json",
  JSON.stringify({ qasper: "{context}\n{input}", samsum: "{context}{input}", dureader: "{input}" }),
);
const maxNew = file("n.json", JSON.stringify({ qasper: 6, samsum: 5 }));
const given = ["--data", data, "--prompts", prompts, "--max-new", maxNew];

const question = (fields: object): string =>
  JSON.stringify({
    question: "Lily went to the park with her",
    choices: ["mom", "quantum theory"],
    answer: "A",
    ...fields,
  });
const questions = file(
  "e.jsonl",
  [question({ difficulty: "easy" }), question({ answer: 1, difficulty: "hard" })].join("\n"),
);

type Scores = {
  readonly method: string;
  readonly average: number;
  readonly datasets: readonly { readonly dataset: string }[];
};

describe("ropewalk longbench", () => {
  it("scores methods side by side, by workers, and writes the answers", async () => {
    const answers = join(scratch, "answers.jsonl");
    const asked = [...given, "--length", "300", "--method", "none,self-extend", "--answers", answers];
    const { stdout, code } = await ropewalk("longbench", "stories260K", ...asked, "--workers", "4", "--json");
    expect(code).toBe(0);
    const { methods, length } = JSON.parse(stdout) as { readonly methods: readonly Scores[]; readonly length: number };
    expect([length, methods.map(({ method }) => method)]).toEqual([300, ["none", "self-extend"]]);
    expect(methods[0]!.datasets).toMatchObject([
      { dataset: "qasper", metric: "f1", answers: 2, truncated: 2 },
      { dataset: "samsum", metric: "rouge-l", answers: 1, truncated: 1 },
    ]);
    const written = readFileSync(answers, "utf8").trimEnd().split("\n");
    expect(written.map((each) => JSON.parse(each) as { readonly method: string; readonly id: string })).toMatchObject([
      ...["a", "b", "c"].map((id) => ({ method: "none", id, truncated: true })),
      ...["a", "b", "c"].map((id) => ({ method: "self-extend", id, truncated: true })),
    ]);
  });

  it("prints a table as the papers do; data may be piped in", async () => {
    const piped = readFileSync(data, "utf8");
    const asked = ["--data", "-", ...given.slice(2), "--length", "600", "--limit", "1"];
    const { stdout, stderr } = await ropewalkOn(piped, "longbench", "stories260K", ...asked);
    expect(stdout).toMatch(/│ qasper +│ f1 +│ +1 │ +\d+\.\d\d │\n│ samsum +│ rouge-l +│ +1 │/);
    expect(stdout).toMatch(/│ few-shot .*\n│ average of datasets .*\n│ average of tasks /);
    expect(stderr).toMatch(/^longbench: none goes beyond its capacity, run all the same: .* got 600/);
  });
});

describe("ropewalk exam", () => {
  it("puts an extension beside the plain model", async () => {
    const asked = ["--data", questions, "--method", "self-extend", "--length", "1024"];
    const { stdout, stderr, code } = await ropewalk("exam", "stories260K", ...asked);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toMatch(/^none: plain\nself-extend: SelfExtend\(/);
    expect(stdout).toMatch(/│ none +│ sum +│ +50\.0 ± 50\.0 │ 100\.0 │ +0\.0 │/);
    expect(stdout).toContain("2 questions; guessing gets 50.0 percent.\n");
    expect(stdout).toContain("Beside none, by the sum, self-extend gets 0 more right and 0 others wrong.");
  });
});

/** The command without a process of its own, for what starts no workers. */
let err: MockInstance<typeof process.stderr.write>;
beforeEach(() => {
  err = vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());
const here = (...args: readonly string[]) => run(args);

describe("what cannot be scored is refused before a model is loaded", () => {
  const bad = (fields: object): string => file("bad.jsonl", `${line({})}\n${line(fields)}`);
  it.each([
    [{ answers: undefined }, 'bad.jsonl line 2 must have "answers", got nothing'],
    [{ answers: ["北京"] }, "bad.jsonl line 2: answers must be English for f1, the metric of qasper, got Chinese"],
    [{ dataset: "dureader" }, "bad.jsonl line 2: answers must be Chinese for rouge-l-zh, the metric of dureader"],
    [{ dataset: "qaspar" }, 'must have a prompt, got "qaspar"; qasper is meant?'],
  ])("%j", async (fields, message) => {
    await expect(here("longbench", "stories260K", "--data", bad(fields), "--prompts", prompts)).rejects.toThrow(
      message,
    );
    expect(err).not.toHaveBeenCalled();
  });

  it("files and numbers", async () => {
    const longbench = (...args: readonly string[]) => here("longbench", "stories260K", ...args);
    const none = join(scratch, "none.jsonl");
    await expect(longbench("--data", none, "--prompts", prompts)).rejects.toThrow(
      `--data: ${none} must be a readable file, got ENOENT`,
    );
    await expect(longbench("--data", data, "--prompts", none)).rejects.toThrow(
      `--prompts: ${none} must be a readable file`,
    );
    await expect(longbench(...given, "--limit", "0")).rejects.toThrow(
      "longbench: limit must be an integer >= 1, got 0",
    );
    await expect(longbench("--data", "-", "--prompts", "-")).rejects.toThrow(
      "--prompts: standard input must be named once",
    );
    await expect(here("exam", "stories260K", "--data", data)).rejects.toThrow('d.jsonl line 1 must have "question"');
    await expect(here("exam", "stories260K", "--data", file("empty.jsonl", ""))).rejects.toThrow(
      "must hold at least 1 line, got 0",
    );
  });
});
