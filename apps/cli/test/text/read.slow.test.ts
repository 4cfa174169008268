/** A text that is read once and saved, and what is run behind the file. */
import { savedPrefixFacts } from "@ropewalk/generation";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { file, idsFile, ropewalk, ropewalkOn, scratch } from "../run.ts";

const text = "Once upon a time, there was a little girl named Lily. She loved to play outside. ".repeat(8);
const book = join(scratch, "book.kv");
const extension = ["--method", "self-extend", "--group-size", "4", "--window", "64"];
const widest = (printed: string): number => Math.max(...printed.split("\n").map((line) => line.length));

describe("ropewalk read", () => {
  let said = "";
  beforeAll(async () => {
    const path = file("book.txt", text);
    const { stdout, stderr, code } = await ropewalk("read", "stories260K", path, ...extension, "--save", book);
    expect([code, stderr]).toEqual([0, ""]);
    said = stdout;
  });

  it("says what it took, in 80 columns; inspect says what the file is", async () => {
    expect(said).toMatch(/^read {15}2\d\d tokens\nunder {14}SelfExtend\(groupSize 4, window 64\)\ntook {15}\d/);
    expect(widest(said)).toBeLessThanOrEqual(80);
    const shown = await ropewalk("inspect", book);
    expect(shown.stdout).toMatch(
      /^file {15}a text that was read, .* kB\ntokens {13}2\d\d\nmodel {14}stories260K, weights [0-9a-f]{12}\n/,
    );
    expect(widest(shown.stdout)).toBeLessThanOrEqual(80);
  });

  it("generate and logits go on behind it, as behind the text", async () => {
    const run = ["--max-new-tokens", "12", "--json"];
    const { ids: read } = await savedPrefixFacts(book);
    const question = idsFile("question.json", [317, 439]);
    const whole = idsFile("whole.json", [...read, 317, 439]);
    const [behind, cold] = await Promise.all([
      ropewalk("generate", "stories260K", "--ids", question, "--after", book, ...extension, ...run),
      ropewalk("generate", "stories260K", "--ids", whole, ...extension, ...run),
    ]);
    const [found, expected] = [behind, cold].map(({ stdout }) => JSON.parse(stdout) as Record<string, unknown>);
    expect(behind.stderr).toBe("");
    expect(found).toMatchObject({
      ids: expected!["ids"],
      positions: expected!["positions"],
      promptTokens: expected!["promptTokens"],
    });
    expect(found!["cachedTokens"]).toBeGreaterThan(200);
    const ids = idsFile("behind.json", [5, 6, 7]);
    const { last, argmaxAll } = JSON.parse(
      (await ropewalk("logits", "stories260K", "--ids", ids, "--after", book)).stdout,
    ) as { readonly last: readonly number[]; readonly argmaxAll: readonly number[] };
    expect([last.length, argmaxAll.length]).toEqual([512, 4]);
  });

  it("reads more behind it, from a pipe, as JSON", async () => {
    const both = join(scratch, "both.kv");
    const args = ["read", "stories260K", "-", "--after", book, "--save", both, "--json"];
    const { stdout, code } = await ropewalkOn("She had a dog.", ...args);
    expect(code).toBe(0);
    const report = JSON.parse(stdout) as { readonly tokens: number; readonly readBefore: number };
    expect(report.tokens).toBeGreaterThan(report.readBefore);
    expect(report).toMatchObject({ cache: "float32", save: { path: both, bytes: statSync(both).size } });
  });

  it("refuses flags that say otherwise than the file, and what is no file, with both", async () => {
    const flags = (...given: readonly string[]) => ropewalk("generate", "stories260K", "x", "--after", book, ...given);
    const under = "was read under SelfExtend(groupSize 4, window 64), which holds behind it, got";
    const [yarn, cache, none, folder, one] = await Promise.all([
      flags("--method", "yarn", "--factor", "2"),
      flags("--cache", "q8"),
      ropewalk("generate", "stories260K", "x", "--after", join(scratch, "none.kv")),
      ropewalk("read", "stories260K", join(scratch, "book.txt"), "--save", scratch),
      ropewalk("read", "stories260K", "--save", join(scratch, "x.kv")),
    ]);
    expect(yarn.stderr).toMatch(
      `ropewalk: --after: ${book} ${under} --method yarn: yarn(factor 2, originalContext 512)\n`,
    );
    expect(cache.stderr).toBe(
      `ropewalk: --after: ${book} has its cache in float32, which holds behind it, got --cache q8\n`,
    );
    expect(none.stderr).toBe(`ropewalk: --after: ${join(scratch, "none.kv")} must be a file, got nothing\n`);
    expect(folder.stderr).toBe(`ropewalk: read: --save must name a file, got ${scratch}, a folder\n`);
    expect(one.stderr).toBe("ropewalk: read: give a text file, or --ids, exactly one of them\n");
    for (const { code } of [yarn, cache, none, folder, one]) expect(code).toBeGreaterThan(0);
    mkdirSync(join(scratch, "half"), { recursive: true });
    const half = file("half/book.kv", "");
    expect((await ropewalk("inspect", half)).stderr).toMatch(
      /^ropewalk: inspect: .*book\.kv: the file must have at least 8 bytes, got 0/,
    );
    expect(existsSync(join(scratch, "x.kv"))).toBe(false);
    expect(readFileSync(book).length).toBe(statSync(book).size);
  });
});
