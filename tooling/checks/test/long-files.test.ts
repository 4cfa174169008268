/** No file of code is longer than 400 lines without a reason in it. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { longWithoutReason } from "../src/long-files.ts";

const patterns = ["ts", "mts", "js", "mjs", "cjs", "py", "css", "html", "vue", "proto", "yml"].map((end) => `*.${end}`);

it("holds for every file of code", () => {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", ...patterns], {
    encoding: "utf8",
  })
    .trim()
    .split("\n")
    .filter((file) => existsSync(file));
  expect(files.length).toBeGreaterThan(1000);
  expect(files.map((file) => longWithoutReason(file, readFileSync(file, "utf8"))).filter(Boolean)).toEqual([]);
});

it("asks for a reason from the first line too many on, and for one at the top", () => {
  const lines = (count: number, first = "") => `${first}\n${"x\n".repeat(count - 1)}`;
  expect(longWithoutReason("a.ts", lines(400))).toBeUndefined();
  expect(longWithoutReason("a.ts", lines(401))).toBe(
    'a.ts: a file of more than 400 lines must say why at its top ("Longer than 400 lines: …"), got 401 lines',
  );
  expect(longWithoutReason("a.ts", lines(401, "/** Longer than 400 lines: one table. */"))).toBeUndefined();
  expect(longWithoutReason("a.ts", `${lines(401)}/** Longer than 400 lines: one table. */`)).toBeDefined();
  expect(longWithoutReason("a.ts", lines(401, "// Longer than 400 lines:"))).toBeDefined();
});
