/** `tune` as a person runs it. The search itself is tested where it lives. */
import { readFileSync, rmSync } from "node:fs";
import { tinyModelGoldens } from "@ropewalk/testing/vectors";
import { afterAll, describe, expect, it } from "vitest";
import { file, ropewalk, scratch } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const story = readFileSync(`${tinyModelGoldens}/stories260K/expected-greedy.txt`, "utf8");
const stories = file("stories.txt", Array.from({ length: 8 }, () => story).join("\n<|endoftext|>\n"));
const asked = file(
  "asked.jsonl",
  Array.from({ length: 3 }, () =>
    JSON.stringify({ prompt: "Lily had a red ball. Her ball was", response: " red." }),
  ).join("\n"),
);

const tune = (...args: readonly string[]) => ropewalk("tune", "stories260K", ...args);

type Report = {
  readonly chosen: {
    readonly groupSize: number;
    readonly window: number;
    readonly logN: boolean;
    readonly far: number;
  };
  readonly rows: readonly { readonly far: number; readonly near: number | null; readonly samples: number }[];
  readonly extension: { readonly positions: object };
  readonly prefills: number;
};

describe("tune", () => {
  it("finds numbers for a text, for what it may take, and prints what other commands read", async () => {
    const flags = ["--text", stories, "--separator", "<|endoftext|>", "--trained-context", "64", "--length", "128"];
    const [table, json] = await Promise.all([
      tune(...flags, "--prefills", "6"),
      tune(...flags, "--prefills", "6", "--entropy", "none", "--json"),
    ]);
    expect([table.code, json.code], table.stderr + json.stderr).toEqual([0, 0]);
    expect(table.stdout).toMatch(/chosen: --method self-extend --group-size \d+ --window \d+/);
    expect(table.stdout).toMatch(/taken: [\d.]+ prefills; all candidates on as many samples would take \d+/);
    expect(table.stdout).toMatch(/│ plain │ +- │/);
    const { chosen, rows, extension, prefills } = JSON.parse(json.stdout) as Report;
    expect(prefills).toBeLessThanOrEqual(6);
    expect(chosen.logN).toBe(false);
    expect(rows[0]!.far).toBe(chosen.far);
    expect(rows.every(({ near }) => near !== null)).toBe(true);
    expect(extension.positions).toMatchObject({ groupSize: chosen.groupSize, window: chosen.window });
  });

  it("scores responses alone where it is given prompts", async () => {
    const { stdout, code, stderr } = await tune(
      ...["--text", asked, "--trained-context", "8", "--length", "32", "--prefills", "4", "--json"],
    );
    expect(code, stderr).toBe(0);
    const { rows } = JSON.parse(stdout) as Report;
    expect(rows.every(({ near }) => near === null)).toBe(true);
  });

  const length = ["--length", "1024"];
  it.each([
    [
      "a length within the trained window",
      ["--text", stories, "--length", "300"],
      /length must be more than the trained window of 512, got 300/,
    ],
    ["too short a text", ["--text", stories, "--length", "32768"], /at least 32769 tokens/],
    [
      "a window that reaches nothing",
      ["--text", stories, ...length, "--window", "512"],
      /tune: window must reach 1024 tokens with some group size.*got 512/,
    ],
    [
      "a group size that reaches nothing",
      ["--text", stories, ...length, "--group-size", "1"],
      /tune: groupSize must reach 1024 tokens.*got 1/,
    ],
    [
      "too few prefills",
      ["--text", stories, ...length, "--prefills", "1"],
      /tune: prefills must be at least 2\.00, .*got 1/,
    ],
    ["a method", ["--text", stories, ...length, "--method", "yarn"], /--method and --extension must be absent/],
    [
      "a number of another method",
      ["--text", stories, ...length, "--factor", "2"],
      /--factor is not read by --method none, got 2/,
    ],
    [
      "a line without a response",
      ["--text", file("holes.jsonl", '{"prompt":"a","response":"b"}\n{"prompt":"c"}\n'), ...length],
      /tune: .*holes\.jsonl line 2 must have "response", got nothing/,
    ],
  ] as const)("refuses %s", async (_, args, message) => {
    const { stdout, stderr, code } = await tune(...args);
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });
});
