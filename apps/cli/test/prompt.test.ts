/** How a prompt reaches the model: words, a file, a pipe, token ids; and what is refused, in one line. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { file, idsFile, ropewalk, ropewalkOn, scratch } from "./run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const model = "stories260K";
const words = "Once upon a time";
/** Longer than a command line may be. */
const long = `${words} there was a little girl. `.repeat(8000);

const generate = (...args: readonly string[]) => ["generate", model, "--max-new-tokens", "8", ...args];

type Tokens = { readonly ids: readonly number[]; readonly pieces: readonly string[]; readonly tokens: number };

describe("a prompt", () => {
  it("is the same in words, from a file, from a pipe and as ids", async () => {
    const prompt = file("prompt.txt", `${words}\n`);
    const [asWords, ...others] = await Promise.all([
      ropewalk(...generate(words)),
      ropewalk(...generate("--file", prompt)),
      ropewalkOn(`${words}\r\n`, ...generate()),
      ropewalkOn(words, ...generate("-")),
      ropewalkOn(words, ...generate("--file", "-")),
    ]);
    expect(asWords).toMatchObject({ code: 0, stdout: ", there was a little girl\n", stderr: "" });
    for (const other of others) expect(other).toEqual(asWords);
    const { stdout: tokens } = await ropewalkOn(words, "tokenize", model, "--json");
    expect(await ropewalkOn(tokens, ...generate("--ids", "-"))).toEqual(asWords);
    expect(await ropewalk(...generate("--ids", file("tokens.json", tokens)))).toEqual(asWords);
  });

  it("of 300,000 characters goes through a pipe", async () => {
    const { stdout, code } = await ropewalkOn(long, "tokenize", model, "--json");
    expect(code).toBe(0);
    const { ids, tokens } = JSON.parse(stdout) as Tokens;
    expect([ids.length, ids.length > 32_000]).toEqual([tokens, true]);
  });

  it("may come slowly", async () => {
    const pieces = ["Once upon", " a time", ", there was"];
    const { stdout, stderr, code } = await ropewalkOn(["", "", "", ...pieces], "tokenize", model, "--json");
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toBe((await ropewalk("tokenize", model, pieces.join(""), "--json")).stdout);
  });

  it("has its statistics in JSON", async () => {
    const { stdout } = await ropewalk(
      ...generate("--file", file("a.txt", words), "--json", "--method", "self-extend", "--group-size", "4"),
    );
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ method: "self-extend", positions: "SelfExtend(groupSize 4, window 128)", promptTokens: 5, newTokens: 8 },
      prefill: { milliseconds: expect.any(Number) as number, tokensPerSecond: expect.any(Number) as number },
      decode: { milliseconds: expect.any(Number) as number, tokensPerSecond: expect.any(Number) as number },
      keyValueBytes: expect.any(Number) as number,
    });
  });
});

describe("tokenize", () => {
  it("prints a line a token, with its text inside a text, and their number", async () => {
    const { stdout, code } = await ropewalk("tokenize", model, words);
    expect({ stdout, code }).toEqual({
      stdout: ['  1  ""', '403  " Once"', '407  " upon"', '261  " a"', '378  " time"', "5 tokens", ""].join("\n"),
      code: 0,
    });
  });
});

describe("refused in one line:", () => {
  const ids = idsFile("ids.json", [1]);
  const prompt = file("words.txt", words);
  const missing = join(scratch, "nowhere.txt");
  const oneOf = /generate: give a text prompt, a --file, --ids or a pipe, exactly one of them/;

  it.each<readonly [string, readonly string[], RegExp]>([
    ["words and a file", generate(words, "--file", prompt), oneOf],
    ["a file and ids", generate("--file", prompt, "--ids", ids), oneOf],
    [
      "a file that is not there",
      generate("--file", missing),
      /--file: .*nowhere\.txt must be a readable file, got ENOENT/,
    ],
    ["a file that is a folder", generate("--file", scratch), /--file: .* must be a readable file, got EISDIR/],
    ["--top-k that is not read", generate(words, "--top-k", "4"), /--top-k is not read at --temperature 0, got 4/],
    ["--top-p that is not read", generate(words, "--top-p", "0.5"), /--top-p is not read at --temperature 0, got 0.5/],
    ["--seed that is not read", generate(words, "--seed", "0"), /--seed is not read at --temperature 0, got 0/],
    ["a shipped model nearly named", ["inspect", "stories260k"], /got "stories260k"; stories260K is meant\?/],
    [
      "an unknown flag",
      generate("--fil", "x"),
      /^ropewalk: error: unknown option '--fil' \(Did you mean --file\?\)\n$/,
    ],
    ["an unknown command", ["genrate"], /^ropewalk: error: unknown command 'genrate' \(Did you mean generate\?\)\n$/],
    ["no model", ["inspect"], /^ropewalk: error: missing required argument 'model'\n$/],
  ])("%s", async (_, args, message) => {
    const { stdout, stderr, code } = await ropewalk(...args);
    expect({ stdout, code, lines: stderr.trim().split("\n").length }, stderr).toEqual({
      stdout: "",
      code: 1,
      lines: 1,
    });
    expect(stderr).toMatch(/^ropewalk: /);
    expect(stderr).toMatch(message);
  });

  it("what is no text", async () => {
    const { stderr, code } = await ropewalk(...generate("--file", process.execPath));
    expect({ stderr, code }).toEqual({
      stderr: `ropewalk: --file: ${process.execPath} must be text in UTF-8, got other bytes\n`,
      code: 1,
    });
  });
});

it("the version is the package's", async () => {
  const { version } = JSON.parse(readFileSync("apps/cli/package.json", "utf8")) as { readonly version: string };
  expect(await ropewalk("--version")).toEqual({ stdout: `${version}\n`, stderr: "", code: 0 });
});
