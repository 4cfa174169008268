import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../src/program.ts";
import { ropewalk, scratch } from "../run.ts";

const positions = (...args: readonly string[]) => ropewalk("positions", ...args);
const selfExtend = ["--method", "self-extend", "--group-size", "4", "--window", "8"];

describe("positions", () => {
  it("prints the matrix, a row a query", async () => {
    const { stdout, stderr, code } = await positions(
      "--method",
      "sinks",
      "--sinks",
      "2",
      "--window",
      "4",
      "--length",
      "8",
    );
    expect([stderr, code]).toEqual(["", 0]);
    expect(stdout.trimEnd().split("\n")).toEqual([
      "Sinks(sinks 2, window 4)",
      "0",
      "1 0",
      "2 1 0",
      "3 2 1 0",
      "3 3 2 1 0",
      "3 3 3 2 1 0",
      "3 3 . 3 2 1 0",
      "3 3 . . 3 2 1 0",
    ]);
    expect(existsSync(join(scratch, "positions.svg"))).toBe(false);
  });

  it("prints it as JSON, by the formula of the method", async () => {
    const { stdout } = await positions(...selfExtend, "--length", "40", "--json");
    const report = JSON.parse(stdout) as Readonly<Record<string, unknown>> & {
      readonly matrix: readonly (readonly number[])[];
    };
    expect(report).toMatchObject({ method: "self-extend", positions: "SelfExtend(groupSize 4, window 8)", length: 40 });
    expect(report.matrix).toEqual(
      Array.from({ length: 40 }, (_, i) =>
        Array.from({ length: i + 1 }, (_unused, j) => (i - j < 8 ? i - j : Math.floor(i / 4) - Math.floor(j / 4) + 6)),
      ),
    );
  });

  it("draws it where that is asked for, in a file of one's own or the usual one", async () => {
    const named = join(scratch, "mine.svg");
    const [usual, own] = await Promise.all([
      positions(...selfExtend, "--length", "64", "--svg"),
      positions("--length", "20", "--json", "--svg", named),
    ]);
    expect(usual.stdout).toContain("64 tokens are too wide for 80 columns: --svg draws them, --json prints them");
    expect(usual.stdout).toContain("The same as a picture: positions.svg");
    expect(JSON.parse(own.stdout)).toMatchObject({ method: "none", positions: "plain" });
    for (const path of [join(scratch, "positions.svg"), named]) {
      const svg = readFileSync(path, "utf8");
      expect(svg).toMatch(/^<svg [^>]*>/);
      expect(svg).toContain("relative position");
      expect(svg).not.toContain("NaN");
    }
  });

  it.each<readonly [readonly string[], string]>([
    [["--length", "0"], "positions: --length must be an integer from 1 to 4096, got 0"],
    [["--length", "5000"], "positions: --length must be an integer from 1 to 4096, got 5000"],
    [["--trained-context", "1.5"], "positions: --trained-context must be an integer >= 1, got 1.5"],
    [
      ["--method", "yarn", "--factor", "4"],
      'positions: the extension must set positions alone, neither frequencies nor scales of queries, got "yarn"',
    ],
    [["--group-size", "4"], "--group-size is not read by --method none, got 4"],
    [["--svg", "no/such/folder.svg"], "--svg: no/such/folder.svg must be a writable file, got ENOENT"],
  ])("refuses %j", async (args, words) => {
    await expect(run(["positions", ...args])).rejects.toThrow(words);
  });
});
