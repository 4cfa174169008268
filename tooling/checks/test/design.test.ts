/** docs/design.md says what is touched to add something: held to the files that speak of what was added before. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const rows = readFileSync("docs/design.md", "utf8")
  .split("## Where a line belongs")[1]!
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
  .map((line) => line.slice(2).split(" | ") as [name: string, touch: string])
  .slice(1);

/** The paths of a row, in full; a bare name stands at the root, or in the package that was named before it. */
const pathsOf = (touch: string): readonly string[] => {
  let within = "";
  return [...touch.matchAll(/`([\w./-]+)`/g)].map(([, path]) => {
    if (!/^(packages|apps|tooling)\//.test(path!)) return existsSync(path!) ? path! : within + path!;
    within = path!.replace(/(src)\/?.*$/, "$1/");
    return path!;
  });
};

const sources = ["packages/*/src/**/*.ts", "apps/*/src/**/*.ts"]
  .flatMap((pattern) => globSync(pattern))
  .map((path) => ({ path: path.replaceAll("\\", "/"), source: readFileSync(path, "utf8") }));

it.each([
  // One of them is another scaling, which is built on this one.
  ["a rope scaling", /\bntk-aware\b|\bntkAware\b/, 8],
  ["a rope scaling", /\bmr-rope\b|\bmrRope\b/, 7],
  ["a position mapping", /\bleaky-re-rope\b|\bleakyReRope\b/, 7],
  // Without a constructor of its own: its file, its row, that of the methods, its number, the number's flag and the playground's row.
  ["a position mapping", /\bsinks\b/, 6],
  ["an entropy scaling", /\byarn-temperature\b|\byarnTemperature\b/, 7],
  // The same word is a pre-tokenizer.
  ["a model family", /\bqwen2\b/, 6, /^packages\/models\/src\/gguf\/tokenizer\//],
  ["a pre-tokenizer of GGUF files", /\bsmaug-bpe\b/, 1],
  ["a form of attention in exports", /\bgroupQueryAttention\b/, 2],
  // Its file and its row, and a row for each way of asking.
  ["a step of sampling", /\bpresencePenalty\b/, 6],
  ["a metric of answers", /\bchineseRougeL\b/, 2],
  ["a dataset of LongBench's or L-Eval's form", /\bmulti_news\b/, 1],
  // The same word is a precision of weights, and by chance in data.
  ["a format of the cache", /\bq8\b/, 2, /^packages\/(models\/src\/quantize|backend\/src\/conformance)\//],
])("%s, as of %o", (added, example, files, elsewhere?: RegExp) => {
  const [, touch] = rows.find(([name]) => name === added)!;
  const paths = pathsOf(touch);
  const speaking = sources
    .filter(({ path, source }) => example.test(source) && elsewhere?.test(path) !== true)
    .map(({ path }) => path);
  expect(speaking.filter((path) => !paths.some((named) => path.startsWith(named)))).toEqual([]);
  expect(speaking).toHaveLength(files);
});

it("every file that it names is there", () => {
  const named = rows.flatMap(([, touch]) => pathsOf(touch)).filter((path) => /^(packages|apps|tooling)\//.test(path));
  expect(named.filter((path) => !path.includes(" ") && !existsSync(path))).toEqual([]);
});
