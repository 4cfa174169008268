/** Nothing that is there is lost by a flag that names it, and nothing is counted twice that is asked for twice. */
import { readFileSync } from "node:fs";
import { expect, it, test } from "vitest";
import { file, ropewalk } from "../run.ts";

const lines = (sweep: string, ...hashes: readonly string[]): string =>
  [
    { record: "sweep", version: 1, sweep, cells: 9 },
    ...hashes.map((hash) => ({ record: "cell", hash: hash.repeat(64), result: {} })),
  ]
    .map((record) => `${JSON.stringify(record)}\n`)
    .join("");

test("merge writes over no cell that the parts have not, and over no other file", async () => {
  const part = file("part.jsonl", lines("s", "a", "b"));
  const grown = file("grown.jsonl", lines("s", "a", "c"));
  const text = file("notes.txt", "Notes.\n");
  const old = file("old.jsonl", lines("s", "a"));
  const [refused, other, joined, again] = await Promise.all([
    ropewalk("sweep", "merge", part, "--output", grown),
    ropewalk("sweep", "merge", part, "--output", text),
    ropewalk("sweep", "merge", part, "--output", old),
    ropewalk("sweep", "merge", part, part, "--output", file("empty.jsonl", "")),
  ]);
  expect(refused.stderr).toContain("must have no cells but those of the parts, got 1 others");
  expect(other.stderr).toContain("notes.txt: line 1 must be a record of a sweep");
  expect([refused.code, other.code, joined.code, again.code]).toEqual([1, 1, 0, 0]);
  expect([readFileSync(grown, "utf8"), readFileSync(text, "utf8")]).toEqual([lines("s", "a", "c"), "Notes.\n"]);
  expect(readFileSync(old, "utf8")).toBe(lines("s", "a", "b"));
});

test("a report is written over neither the sweep nor its cells", async () => {
  const sweep = file("same.json", "{}");
  const results = file("same.jsonl", lines("s"));
  const runs = [sweep, results].map((report) => ropewalk("sweep", sweep, "--output", results, "--report", report));
  for (const { stderr, code } of await Promise.all(runs)) {
    expect(stderr).toMatch(/--report: .* must be another file than .*, got the same/);
    expect(code).toBe(1);
  }
  expect(readFileSync(sweep, "utf8")).toBe("{}");
});

it("measures once what is asked for twice", async () => {
  const text = file("twice.txt", "Once upon a time there was a dog. ".repeat(20));
  const windows = ["--windows", "1", "--lengths", "16,32,16", "--text", text];
  const [losses, keys] = await Promise.all([
    ropewalk("perplexity", "stories260K", ...windows, "--json"),
    ropewalk(
      ...["passkey", "--method", "none", "--lengths", "128,128", "--depths", "1", "--trials", "2"],
      ...["--seed", "3,3", "--json"],
    ),
  ]);
  const { runs } = JSON.parse(losses.stdout) as { readonly runs: readonly { length: number; tokens: number }[] };
  expect(runs.map(({ length, tokens }) => [length, tokens])).toEqual([
    [16, 16],
    [32, 32],
  ]);
  expect(JSON.parse(keys.stdout)).toMatchObject({ cells: [{ length: 128, trials: 2 }] });
});

it("ends when code of one's own ends its worker", async () => {
  const task = file(
    "ends.mjs",
    `export default { name: "ends", maxNewTokens: 1, samples: () => [{ prompt: "a", answers: ["a"] }], score: () => process.exit(3) };`,
  );
  const { stderr, code } = await ropewalk("ruler", "stories260K", "--tasks", task, "--samples", "1");
  expect(stderr).toContain("a worker must not end by itself, got exit code 3");
  expect(code).toBe(1);
}, 60_000);
