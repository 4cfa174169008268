/** RULER-style tasks by the command: scores by length, prompts as a file, tasks of one's own, and what is refused. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { hotpot, squad } from "@ropewalk/testing/question-files";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from "vitest";
import { run } from "../../src/program.ts";
import { file, ropewalk, scratch } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const mine = resolve("examples/my-task/my-task.ts");
const essays = file("essays.txt", "It was a bright day in April, and the clocks struck one. Nobody came. ".repeat(9));
const squadFile = file("squad.json", squad);
const hotpotFile = file("hotpot.json", hotpot);
const ruler = (...args: readonly string[]) => ropewalk("ruler", "passkey-875k", ...args);

const module = (name: string, text: string): string => file(name, `export default ${text};`);
const taskWith = (fields: string): string =>
  `{ name: "mine", maxNewTokens: 4, samples: () => [], score: () => 1, ${fields} }`;

type Methods = { readonly method: string; readonly cells: readonly object[] };

describe("ropewalk ruler", () => {
  it("scores RULER's tasks and one's own, by workers, plain and extended", async () => {
    const tasks = ["--tasks", `fwe,qa_1,niah_single_2,${mine}`, "--essays", essays, "--documents", squadFile];
    const asked = [...tasks, "--lengths", "256,1024", "--samples", "2", "--workers", "2", "--json"];
    const { stdout, stderr, code } = await ruler(...asked, "--method", "none,self-extend+log-n");
    const beyond = "ruler: none at 1024 tokens is beyond its capacity; run all the same\n";
    expect({ stderr, code }).toEqual({ stderr: beyond, code: 0 });
    const { methods, ...rest } = JSON.parse(stdout) as { readonly methods: readonly Methods[] };
    expect(methods.map(({ method }) => method)).toEqual(["none", "self-extend+log-n"]);
    for (const { cells } of methods) {
      expect(cells).toHaveLength(8);
      expect(cells).toContainEqual({ task: "fwe", length: 256, score: 0 });
      expect(cells).toContainEqual({ task: mine, length: 256, score: 1 });
    }
    expect(methods[1]!.cells).toContainEqual({ task: mine, length: 1024, score: 1 });
    expect(methods[1]).toMatchObject({
      lengths: [256, 1024].map((length) => ({ length, score: 0.25 })),
      average: 0.25,
      increasing: 0.25,
      decreasing: 0.25,
      effectiveLength: null,
    });
    expect(rest).toEqual({ threshold: 0.856, samples: 2, seed: 42, essays, documents: { squad: squadFile } });
  });

  it("prints a table, the effective length, and what the scores rest on", async () => {
    const { stdout, stderr } = await ruler(
      ...["--tasks", mine, "--lengths", "128,512", "--samples", "3", "--threshold", "90"],
    );
    expect(stdout).toMatch(/│ none .*128 │ +512 │/);
    expect(stdout).toMatch(/my-task\.ts +│ 100\.0 │ +\d+\.\d │/);
    expect(stdout).toMatch(
      /effective length at 90: 128 tokens\n\nDrawn from seed 42, 3 samples a task and length\.\n$/,
    );
    expect(stderr).toBe("ruler: none at 512 tokens is beyond its capacity; run all the same\n");
  });
});

/** The command without a process of its own, for what starts no workers: gives what it says on both streams. */
const said = (stream: MockInstance<typeof process.stdout.write>): string =>
  stream.mock.calls.map(([text]) => text).join("");
let out: MockInstance<typeof process.stdout.write>;
let err: MockInstance<typeof process.stderr.write>;
beforeEach(() => {
  out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  err = vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());
const here = (...args: readonly string[]) => run(["ruler", "passkey-875k", ...args]);

describe("ropewalk ruler --write", () => {
  it("writes the prompts as lines, the same for the same seed to the byte", async () => {
    const files = ["--essays", essays, "--documents", squadFile, "--documents", hotpotFile];
    const written = async (seed: string) => {
      const path = join(scratch, "prompts.jsonl");
      await here(...files, "--lengths", "700,600", "--samples", "1", "--seed", seed, "--write", path);
      return readFileSync(path, "utf8");
    };
    const first = await written("1");
    expect(await written("1")).toBe(first);
    expect(await written("2")).not.toBe(first);
    expect(said(out)).toBe(`26 prompts: ${join(scratch, "prompts.jsonl")}\n`.repeat(3));
    const lines = first
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(new Set(lines.map(({ task }) => task)).size).toBe(13);
    for (const { max_length: most, length, input, outputs, answer_prefix: prefix, index } of lines) {
      expect(length).toBeLessThanOrEqual(most as number);
      expect(length).toBeGreaterThanOrEqual(0.98 * (most as number));
      expect((input as string).endsWith(prefix as string)).toBe(false);
      expect(outputs).not.toEqual([]);
      expect(index).toBe(0);
    }
  });

  it("leaves no part of a file where a task throws", async () => {
    const path = join(scratch, "part");
    const thrower = module("late.mjs", taskWith("samples: () => { throw new Error('no luck'); }"));
    const asked = ["--tasks", `fwe,${thrower}`, "--lengths", "256", "--samples", "1", "--write", path];
    await expect(here(...asked)).rejects.toThrow(/late\.mjs: samples must not throw, got no luck$/);
    expect(existsSync(path)).toBe(false);
  });

  it("leaves out what needs files that are not given, and says so", async () => {
    const path = join(scratch, "few");
    await here("--lengths", "700", "--samples", "1", "--write", path, "--json");
    expect(said(err)).toMatch(/^ruler: niah_single_2, .*, qa_1, qa_2 left out, which need --essays or --documents\n$/);
    expect(JSON.parse(said(out))).toEqual({ path, prompts: 6 });
  });
});

describe("what ropewalk ruler refuses", () => {
  it.each<[string, readonly string[], RegExp]>([
    [
      "an unknown task",
      ["--tasks", "vt,niah_single1"],
      /--tasks must be modules' paths or of niah_single_1, .* \(niah_single_1 is meant\?\), got "niah_single1"$/,
    ],
    [
      "a length that cannot hold the task",
      ["--tasks", "vt", "--lengths", "900,64"],
      /length must be at least \d{3} for vt under this tokenizer, got 64$/,
    ],
    ["no essays", ["--tasks", "vt,niah_multivalue"], /--essays must name a text for niah_multivalue, got none$/],
    [
      "no documents",
      ["--tasks", "qa_2", "--documents", squadFile],
      /--documents must name a file of HotpotQA's JSON for qa_2, got none$/,
    ],
    [
      "a file that is not there",
      ["--tasks", "qa_1", "--documents", "no.json"],
      /--documents: no\.json must be a readable file, got ENOENT$/,
    ],
    [
      "documents that are none",
      ["--tasks", "qa_1", "--documents", essays],
      /--documents: .*essays\.txt: documents must be JSON, got .*$/,
    ],
    [
      "two files of one shape",
      ["--documents", squadFile, "--documents", file("2.json", squad)],
      /2\.json must have another shape than .*squad\.json, got the same$/,
    ],
    [
      "a file that nothing reads",
      ["--tasks", "vt", "--essays", essays],
      /--essays is not read by vt, got ".*essays\.txt"$/,
    ],
    [
      "a method beside --write",
      ["--tasks", "fwe", "--method", "yarn", "--write", "x"],
      /--write must stand without flags of an extension, which no prompt depends on, got both$/,
    ],
    [
      "messages that nothing makes",
      ["--tasks", mine, "--chat"],
      /--chat is not read by .*my-task\.ts, whose prompts are their own, got it$/,
    ],
    [
      "messages without a template",
      ["--tasks", "fwe", "--chat"],
      /chat must be absent for a model without a chat template, got true$/,
    ],
    ["negative samples", ["--samples", "-3"], /--samples must be a positive integer, got -3$/],
    ["a threshold beyond", ["--threshold", "101"], /--threshold must be from 0 to 100, got 101$/],
    [
      "a file that cannot be written",
      ["--tasks", "fwe", "--lengths", "256", "--write", "/no/such/file"],
      /--write: \/no\/such\/file must be a writable file, got ENOENT/,
    ],
    [
      "a module without a default export",
      ["--tasks", file("none.mjs", "export const task = 1;")],
      /none\.mjs must have a default export, got task$/,
    ],
    [
      "a task without samples",
      ["--tasks", module("lacks.mjs", taskWith("samples: undefined"))],
      /--tasks: .*lacks\.mjs: samples must be a function, got nothing$/,
    ],
  ])("%s", async (_, args, message) => {
    await expect(here(...args)).rejects.toThrow(message);
    expect(said(out)).toBe("");
  });

  it("a score outside 0 to 1, out of a worker", async () => {
    const path = module("score.mjs", taskWith('samples: () => [{ prompt: "a", answers: [] }], score: () => 7'));
    const { stdout, stderr, code } = await ruler("--samples", "1", "--tasks", path);
    expect({ stdout, code }).toEqual({ stdout: "", code: 1 });
    expect(stderr).toMatch(/^ropewalk: [^\n]*mine's score of samples\[0\] must be from 0 to 1, got 7\n$/);
  });
});
