/** How a prompt reaches the model: words, a file, a pipe, token ids; and what is refused, in one line. */
import { cpu } from "@ropewalk/backend-node";
import { loadModel, type Sampling } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { file, idsFile, ropewalk, ropewalkOn, scratch } from "../run.ts";

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
      method: "self-extend",
      positions: "SelfExtend(groupSize 4, window 128)",
      promptTokens: 5,
      newTokens: 8,
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
    ["--min-p that is not read", generate(words, "--min-p", "0.5"), /--min-p is not read at --temperature 0, got 0.5/],
    [
      "--top-k beside the model's own",
      generate(words, "--model-sampling", "--top-k", "4"),
      /--top-k is not read beside --model-sampling, got 4/,
    ],
    [
      "no sampling of the model's own",
      generate(words, "--model-sampling"),
      /samplingOf: stories260K must have a generation_config.json, got nothing/,
    ],
    [
      "a bias that is none",
      generate(words, "--logit-bias", "a:3"),
      /--logit-bias.* must be token ids and numbers, as 42:-100,7:-Infinity, got a:3/,
    ],
    ["--logprobs for nobody", generate(words, "--logprobs", "2"), /--logprobs is read beside --json, got 2/],
    [
      "two ways with what does not fit",
      generate(words, "--keep-ends", "4", "--regroup"),
      /--keep-ends or --regroup, one of them/,
    ],
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

describe("generate", () => {
  const tokens = ["--max-new-tokens", "16"];
  const json = async (...args: readonly string[]) => {
    const { stdout, stderr, code } = await ropewalk("generate", ...args, "--json");
    expect({ code }, stderr).toEqual({ code: 0 });
    return { report: JSON.parse(stdout) as Readonly<Record<string, unknown>>, stderr };
  };

  it("ends at stop strings, in text and in JSON, and tells log-probabilities", async () => {
    const { stdout } = await ropewalk(...generate(words, ...tokens, "--stop", "zzz", "--stop", "irl"));
    expect(stdout).toBe(", there was a little g\n");
    const { report } = await json(model, words, ...tokens, "--stop", "irl", "--logprobs", "2");
    expect(report).toMatchObject({ text: ", there was a little g" });
    const told = report["logprobs"] as readonly { readonly token: number; readonly top: readonly unknown[] }[];
    expect(told.map(({ token }) => token)).toEqual(report["ids"]);
    expect(told.every(({ top }) => top.length === 2)).toBe(true);
  });

  it("reads penalties, bias and min-p", async () => {
    const flags = ["--repetition-penalty", "1.3", "--frequency-penalty", "0.2", "--presence-penalty", "0.1"];
    const { report } = await json(
      model,
      words,
      ...tokens,
      ...flags,
      "--logit-bias",
      "432:-Infinity",
      "--temperature",
      "0.7",
      "--min-p",
      "0.1",
    );
    const loaded = await loadModel(await openFolder(stories260K.url), { backend: cpu() });
    const sampling: Sampling = {
      kind: "sample",
      temperature: 0.7,
      minP: 0.1,
      seed: 0,
      repetitionPenalty: 1.3,
      frequencyPenalty: 0.2,
      presencePenalty: 0.1,
      logitBias: { 432: -Infinity },
    };
    const expected: number[] = [];
    for await (const token of loaded.generateTokens(words, { sampling, maxNewTokens: 16 })) expected.push(token);
    await loaded.release();
    expect(report["ids"]).toEqual(expected);
  });

  it("runs what is left of a prompt that does not fit, and says so", async () => {
    const prompt = idsFile(
      "long.json",
      Array.from({ length: 700 }, (_, at) => 3 + ((at * 37) % 500)),
    );
    const ends = await json(model, "--ids", prompt, ...tokens, "--keep-ends", "4");
    expect(ends.report).toMatchObject({ promptTokens: 496, positions: "plain" });
    expect(ends.stderr).toContain("generate: of 700 tokens of the prompt 496 were run, its ends");
    const method = ["--method", "self-extend", "--group-size", "2", "--window", "400"];
    const regrouped = await json(model, "--ids", prompt, ...tokens, ...method, "--regroup");
    expect(regrouped.report).toMatchObject({ promptTokens: 700, groupSize: 3, window: 400 });
    expect(regrouped.stderr).toMatch(
      /716 tokens are more than SelfExtend\(groupSize 2, window 400\) holds: SelfExtend\(groupSize 3/,
    );
    const { stderr, code } = await ropewalk("generate", model, "--ids", prompt, "--regroup");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /beyondCapacity of kind regroup must have positions that hold more under a larger number, got those of plain/,
    );
  });
});
