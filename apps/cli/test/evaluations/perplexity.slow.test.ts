import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { tinyCheckpoints, tinyModelGoldens } from "@ropewalk/testing/vectors";
import { afterAll, describe, expect, it } from "vitest";
import { file, ropewalk, scratch } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

type Losses = {
  readonly positions: string;
  readonly beyondCapacity: boolean;
  readonly buckets: readonly {
    readonly from: number;
    readonly to: number;
    readonly loss: number;
    readonly perplexity: number;
    readonly tokens: number;
  }[];
  readonly loss: number;
  readonly perplexity: number;
  readonly tokens: number;
};

const story = readFileSync(`${tinyModelGoldens}/stories260K/expected-greedy.txt`, "utf8");
const stories = file("stories.txt", Array.from({ length: 12 }, () => story).join("\n<|endoftext|>\n"));

const perplexity = (...args: readonly string[]) => ropewalk("perplexity", "stories260K", "--text", stories, ...args);
const documents = ["--separator", "<|endoftext|>"];

describe("perplexity", () => {
  it("prints the losses by position as JSON, and nothing else", async () => {
    const asked = [...documents, "--length", "1024", "--windows", "2", "--json"];
    const [plain, extended] = await Promise.all([
      perplexity(...asked),
      perplexity(...asked, "--method", "self-extend", "--group-size", "8", "--window", "256"),
    ]);
    expect([plain.code, extended.code], plain.stderr + extended.stderr).toEqual([0, 0]);
    const [without, within] = [JSON.parse(plain.stdout) as Losses, JSON.parse(extended.stdout) as Losses];
    expect(Object.keys(without)).toEqual([
      "method",
      "positions",
      "length",
      "windows",
      "beyondCapacity",
      "buckets",
      "loss",
      "perplexity",
      "tokens",
    ]);
    for (const bucket of without.buckets) {
      expect(Object.keys(bucket)).toEqual(["from", "to", "loss", "perplexity", "tokens"]);
      expect(bucket.perplexity).toBe(Math.exp(bucket.loss));
    }
    // The means of all positions, and whose they are.
    const sum = without.buckets.reduce((total, { loss, tokens }) => total + loss * tokens, 0);
    expect(without.loss).toBeCloseTo(sum / without.tokens, 9);
    expect([without.beyondCapacity, within.beyondCapacity]).toEqual([true, false]);
    const chosen = { positions: "SelfExtend(groupSize 8, window 256)", groupSize: 8, window: 256 };
    expect(within).toMatchObject({ method: "self-extend", ...chosen });
    expect(without.buckets.map(({ from, to }) => ({ from, to }))).toEqual([
      { from: 0, to: 512 },
      { from: 512, to: 1024 },
    ]);
    // The beginnings of the stories but the first are targets that are not scored.
    expect(without.tokens).toBeLessThan(2048);
    expect(without.tokens).toBeGreaterThan(2048 - 12);
    expect(within.tokens).toBe(without.tokens);
    expect(Math.abs(without.buckets[0]!.loss - within.buckets[0]!.loss)).toBeLessThan(0.01);
    expect(within.buckets[1]!.loss).toBeLessThan(without.buckets[1]!.loss);
    expect(plain.stderr).toMatch(/^perplexity: beyond the capacity, run all the same: .*512.*1024.*would fit\n$/);
    expect(extended.stderr).toBe("");
    expect(existsSync(join(scratch, "perplexity.svg"))).toBe(false);
  });

  it("prints a table and draws the curve, by default over the trained window", async () => {
    const { stdout, code } = await perplexity("--windows", "1", "--bucket", "128");
    expect(code).toBe(0);
    for (const shown of ["plain", "0-128", "384-512", "nats per token", "all", "a curve: perplexity.svg"])
      expect(stdout).toContain(shown);
    const svg = readFileSync(join(scratch, "perplexity.svg"), "utf8");
    expect(svg).toMatch(/^<svg [\s\S]*<path class="loss"[\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(svg).not.toContain("trained window");
  });

  it("marks the trained window and the capacity in the curve", async () => {
    const path = join(scratch, "curve.svg");
    await perplexity(
      ...["--method", "self-extend", "--group-size", "2", "--window", "400", "--entropy", "log-n"],
      ...["--length", "700", "--windows", "1", "--svg", path],
    );
    const svg = readFileSync(path, "utf8");
    expect(svg).toContain(">SelfExtend(groupSize 2, window 400), log-n<");
    expect(svg).toContain(">trained window 512<");
    expect(svg).toContain(">capacity 624<");
  });
});

describe("side by side", () => {
  const tokens = ["--windows", "3", "--length", "300", "--stride", "100", "--bucket", "200", "--json"];

  it("runs methods on the same windows, as documents of a .jsonl too, each as it is alone", async () => {
    const lines = file("stories.jsonl", `${JSON.stringify({ text: story, id: 7 })}\n`.repeat(5));
    const on = (...args: readonly string[]) =>
      ropewalk("perplexity", "stories260K", "--text", lines, ...tokens, ...args);
    const [several, alone] = await Promise.all([
      on("--method", "none,self-extend", "--vary", "group-size=2,4", "--window", "64"),
      on("--method", "self-extend", "--group-size", "4", "--window", "64", "--workers", "1"),
    ]);
    expect([several.code, alone.code], several.stderr + alone.stderr).toEqual([0, 0]);
    const { runs } = JSON.parse(several.stdout) as { readonly runs: readonly (Losses & { readonly method: string })[] };
    expect(runs.map(({ method }) => method)).toEqual([
      "none",
      "self-extend, group-size 2",
      "self-extend, group-size 4",
    ]);
    const own = JSON.parse(alone.stdout) as Losses;
    expect(own).toMatchObject({ stride: 100, windows: 3, length: 300 });
    expect(runs[2]!.loss).toBeCloseTo(own.loss, 6);
    // Every token behind the first window's is scored once: 300 + 2 * 100, less the beginnings of documents.
    expect(own.tokens).toBe(runs[0]!.tokens);
    expect(own.tokens).toBeGreaterThan(490);
  });

  it("prints a table and curves by length", async () => {
    const asked = ["--lengths", "64,128", "--windows", "2", "--method", "none,yarn", "--svg", "lengths.svg"];
    const { stdout, stderr, code } = await perplexity(...asked);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/1 {2}none: plain\n2 {2}yarn: plain, yarn\(.*\nNats per token:\n/);
    expect(stdout).toMatch(/│ +64 │ +\d\.\d{3} │ +\d\.\d{3} │ +128 │\n│ +128 │/);
    const svg = readFileSync(join(scratch, "lengths.svg"), "utf8");
    for (const label of ["stories260K: mean loss by length of the context", "none", "yarn", "64", "128"])
      expect(svg).toContain(`>${label}<`);
  });
});

const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["too little text", [stories, "--length", "4096"], /at least 32769 tokens, 8 times 4096 and one more.*got \d+/],
  ["a length below 2", [stories, "--length", "1"], /length must be an integer of at least 2, got 1/],
  ["no windows", [stories, "--windows", "0"], /windows must be a positive integer, got 0/],
  ["no bucket", [stories, "--windows", "1", "--bucket", "0"], /bucket must be a positive integer, got 0/],
  ["a separator that is not there", [stories, "--separator", "###"], /separator must occur in the text, got "###"/],
  ["no text", [join(scratch, "nowhere.txt")], /--text: .*nowhere\.txt must be a readable file, got ENOENT/],
  [
    "a stride beyond the length",
    [stories, "--stride", "600"],
    /stride must be an integer from 1 to the length, 512, got 600/,
  ],
  [
    "a line without text",
    [file("holes.jsonl", '{"text": "a"}\n\n{"txt": "b"}\n')],
    /perplexity: .*holes\.jsonl line 3 must have "text", got nothing; it has "txt"/,
  ],
  ["a length and lengths", [stories, "--length", "9", "--lengths", "8,9"], /--lengths must be absent beside --length/],
  ["an empty text", [file("empty.txt", "")], /at least 4097 tokens.*got 1/],
];

describe("bad input is an error in one line and a non-zero exit", () => {
  it.each(cases)("%s", async (_, args, message) => {
    const { stdout, stderr, code } = await ropewalk("perplexity", "stories260K", "--text", ...args);
    expect(code, stderr).not.toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toMatch(message);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("a model without a tokenizer", async () => {
    const model = join(process.cwd(), `${tinyCheckpoints}/llama`);
    const { stderr, code } = await ropewalk("perplexity", model, "--text", stories);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^ropewalk: perplexity: .*must have a tokenizer, got none\n$/);
  });
});
