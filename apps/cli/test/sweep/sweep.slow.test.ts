import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readSweep, recordLine, type CellRecord } from "@ropewalk/evals";
import { readQueueAddress } from "../../src/queue/connection.ts";
import { methodEntries, modelEntries } from "../../src/sweep/plan/entries.ts";
import { lockFile } from "@ropewalk/models/node";
import { beyondMemory, readMemory, workersFor } from "../../src/sweep/run/memory-limit.ts";
import { openResults } from "../../src/sweep/results/results-file.ts";
import { readShard } from "../../src/sweep/plan/shard-flag.ts";
import { file, ropewalk, scratch } from "../run.ts";

afterAll(() => rmSync(scratch, { recursive: true }));

const passkey = { kind: "passkey", length: [64, 96], depth: [0.1, 0.9], trials: 1 };
const small = {
  models: ["passkey-875k"],
  methods: ["none", { method: "self-extend", groupSize: 4 }],
  evaluations: [passkey],
};

/** A sweep in a folder of its own. */
const sweepIn = (name: string, content: object = small): string => {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "s.json"), JSON.stringify(content));
  return join(folder, "s.json");
};

const resultsOf = (path: string): string => path.replace(".json", ".results.jsonl");
const linesOf = (path: string): readonly string[] => readFileSync(path, "utf8").trimEnd().split("\n");

type Report = {
  readonly cells: readonly { readonly hash: string; readonly method: string; readonly result: object | null }[];
  readonly done: number;
  readonly of: number;
};

describe("ropewalk sweep", () => {
  it("runs every cell once, goes on where it stopped, and makes the same page", async () => {
    const path = sweepIn("whole");
    const first = await ropewalk("sweep", path);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    for (const shown of ["passkey-875k: passkey, keys found", "self-extend, G 4", "│ 100% │", "Finished cells: "])
      expect(first.stdout).toContain(shown);
    const page = readFileSync(resultsOf(path).replace(".jsonl", ".html"), "utf8");
    for (const shown of ["<!doctype html>", "prefers-color-scheme:dark", "<svg ", "self-extend, G 4"])
      expect(page).toContain(shown);
    expect(page).not.toMatch(/NaN|undefined|<script|https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
    const lines = linesOf(resultsOf(path));
    expect(lines).toHaveLength(9);

    // Without two cells, with a torn one, and in another order.
    const [head, ...cells] = lines as [string, ...string[]];
    writeFileSync(resultsOf(path), `${[head, ...cells.slice(2).toReversed()].join("\n")}\n${cells[1]!.slice(0, 40)}`);
    const again = await ropewalk("sweep", path);
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/a last line of 40 characters was not written to its end; its cell runs again\n$/);
    const hashes = (all: readonly string[]): readonly string[] =>
      all.slice(1).map((line) => (JSON.parse(line) as CellRecord).hash);
    expect(hashes(linesOf(resultsOf(path))).toSorted()).toEqual(hashes(lines).toSorted());
    expect(readFileSync(resultsOf(path).replace(".jsonl", ".html"), "utf8")).toBe(page);

    expect(readdirSync(join(scratch, "whole")).toSorted()).toEqual(["s.json", "s.results.html", "s.results.jsonl"]);
  });

  it("runs a method and a task of one's own, beside the file; a cell of the task's module is another when the module is", async () => {
    const path = sweepIn("own", {
      models: ["stories260K"],
      methods: ["none", "./own.mjs", { extension: { positions: { kind: "sliding-window", window: 32 } } }],
      evaluations: [{ kind: "task", task: "./task.mjs", length: 64, samples: 1 }],
    });
    writeFileSync(join(scratch, "own", "own.mjs"), 'export default { kind: "self-extend", groupSize: 2, window: 16 };');
    const task = (score: number): void =>
      writeFileSync(
        join(scratch, "own", "task.mjs"),
        `export default { name: "t", maxNewTokens: 1, samples: () => [{ prompt: [1], answers: [] }], score: () => ${score} };`,
      );
    task(0.5);
    const { stdout, stderr, code } = await ropewalk("sweep", path, "--json");
    expect(code, stderr).toBe(0);
    const { cells, done, of } = JSON.parse(stdout) as Report;
    expect([done, of]).toEqual([3, 3]);
    expect(cells.map(({ method }) => method)).toEqual(["none", "./own.mjs", "SlidingWindow(window 32)"]);
    for (const { result } of cells) expect(result).toMatchObject({ task: "t", score: 0.5 });
    // What is kept is of the task as it was: none of it is this sweep's.
    task(1);
    expect((await ropewalk("sweep", path, "--json")).stderr).toMatch(/must be of this sweep .*got 3 cells of another/);
  });

  it("runs parts, which are joined in any order", async () => {
    const path = sweepIn("parts");
    const [a, b] = await Promise.all([
      ropewalk("sweep", path, "--shard", "1/2"),
      ropewalk("sweep", path, "--shard", "2/2"),
    ]);
    expect([a.code, b.code], a.stderr + b.stderr).toEqual([0, 0]);
    const part = (index: number): string => path.replace(".json", `.results.${index}-of-2.jsonl`);
    const merged = await ropewalk("sweep", "merge", part(2), part(1), "--output", resultsOf(path));
    expect(merged).toMatchObject({ code: 0, stdout: `8 of 8 cells: ${resultsOf(path)}\n` });
    expect(linesOf(resultsOf(path))).toHaveLength(9);
  });

  it("leaves a cell out that is beyond memory, with bytes asked and had, and runs the others", async () => {
    const path = sweepIn("memory");
    const { stdout, stderr, code } = await ropewalk("sweep", path, "--memory", "4.3MB", "--json");
    const { done, of, cells } = JSON.parse(stdout) as Report;
    expect([code, of]).toEqual([1, 8]);
    expect(done).toBeGreaterThan(0);
    expect(cells.filter(({ result }) => result === null)).toHaveLength(8 - done);
    expect(stderr).toMatch(
      /is left out: its memory must be at most what there is, 4\.30 MB \(4300000 bytes\), got 4\.\d+ MB \(4\d{6} bytes\)/,
    );
    expect(stderr).toMatch(/ropewalk: sweep: \d of 8 cells could not be done: /);
  });

  it("of two on one file runs one, and names the other's process", async () => {
    const path = sweepIn("two", { ...small, evaluations: [{ ...passkey, seed: [1, 2, 3, 4, 5, 6, 7, 8] }] });
    const ends = await Promise.all([ropewalk("sweep", path), ropewalk("sweep", path)]);
    expect(ends.map(({ code }) => code).toSorted()).toEqual([0, 1]);
    expect(ends.find(({ code }) => code === 1)!.stderr).toMatch(
      /sweep: .*s\.results\.jsonl must be written by one at a time, got another: process \d+\n$/,
    );
    expect(linesOf(resultsOf(path))).toHaveLength(65);
  });

  it("stops at a full disk with every cell in the file whole, and goes on", async () => {
    const path = sweepIn("full");
    const main = resolve("apps/cli/src/main.ts");
    const limited = `ulimit -f 3; exec "$0" --conditions=@ropewalk/source "$1" sweep "$2" --json`;
    const { status, stderr } = spawnSync("sh", ["-c", limited, process.execPath, main, path], { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /s\.results\.jsonl must be writable, got EFBIG.*; the cells in it are kept, and the same command goes on\n$/,
    );
    const kept = linesOf(resultsOf(path)).map((line) => JSON.parse(line) as CellRecord);
    expect(kept.length).toBeGreaterThan(1);
    expect(kept.length).toBeLessThan(9);
    expect(readFileSync(resultsOf(path), "utf8")).toMatch(/\n$/);
    expect((await ropewalk("sweep", path)).code).toBe(0);
    expect(
      linesOf(resultsOf(path))
        .slice(0, kept.length)
        .map((line) => JSON.parse(line) as CellRecord),
    ).toEqual(kept);
    expect(linesOf(resultsOf(path))).toHaveLength(9);
  });

  it("tells a queue that cannot be reached within seconds", async () => {
    const path = sweepIn("queue");
    const deaf = createServer(() => {}).listen(0, "127.0.0.1");
    await once(deaf, "listening");
    const { port } = deaf.address() as AddressInfo;
    const ends = await Promise.all([
      ropewalk("worker", "--queue", "redis://:secret@127.0.0.1:9"),
      ropewalk("sweep", path, "--queue", `redis://127.0.0.1:${port}`),
    ]);
    deaf.close();
    for (const { code, stderr, stdout } of ends) {
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(
        /^ropewalk: (sweep|worker): --queue: redis:\/\/127\.0\.0\.1:\d+ must be a Redis or Valkey server that answers, got (connect ECONNREFUSED|no answer within 5 s).*\n$/,
      );
      expect(stderr).not.toContain("secret");
    }
  });
});

describe("a sweep's file", () => {
  const read = (change: object) =>
    readSweep("sweep: s.json", { ...small, ...change }, { models: modelEntries, methods: methodEntries });

  it("has methods as flags have them", () => {
    const { models, methods } = read({
      models: ["a", { model: "b", quantize: ["none", "q4"], cache: "q8", adapter: "lora=0.5" }],
      methods: ["self-extend+log-n", { method: "yarn", factor: [2, 4], truncate: false }, {}, "./my.mjs"],
    });
    expect(models).toEqual([
      { model: "a", label: "a", variant: {} },
      {
        model: "b",
        label: "b, lora=0.5, cache q8",
        variant: { cache: "q8", adapter: [{ source: "lora", scale: 0.5 }] },
      },
      {
        model: "b",
        label: "b, q4, lora=0.5, cache q8",
        variant: { quantize: "q4", cache: "q8", adapter: [{ source: "lora", scale: 0.5 }] },
      },
    ]);
    expect(methods).toEqual([
      { label: "self-extend+log-n", modules: [], variant: { method: ["self-extend"], entropy: "log-n" } },
      ...[2, 4].map((factor) => ({
        label: `yarn, factor ${factor}, truncate false`,
        modules: [],
        variant: { method: ["yarn"], factor, truncate: false },
      })),
      { label: "as it is", modules: [], variant: {} },
      { label: "./my.mjs", modules: ["./my.mjs"], variant: {} },
    ]);
  });

  it.each([
    [
      { models: [{ model: "a", quantise: "q4" }] },
      /models\[0\]: entry must have no keys but .*got "quantise"; quantize is meant\?/,
    ],
    [{ models: [{ model: "a", quantize: "q5" }] }, /quantize must be one of none, .*got "q5"/],
    [{ methods: [{ method: "self-extend", G: 4 }] }, /methods\[0\]: entry .*got "G"; groupSize is meant\?/],
    [{ methods: [{ method: "self-extend", groupsize: 4 }] }, /got "groupsize"; groupSize is meant\?/],
    [{ methods: ["self-extnd"] }, /method must be one of .*\(self-extend is meant\?\), got "self-extnd"/],
    [{ methods: [{ method: "self-extend", groupSize: "4" }] }, /groupSize must be a number, got "4"/],
    [{ methods: [{ method: "mr-rope", variant: "even" }] }, /variant must be uniform or progressive, got even/],
    [{ methods: [{ method: "yarn", truncate: "yes" }] }, /truncate must be true or false, got "yes"/],
    [{ methods: [{ method: "none", entropy: "logn" }] }, /entropy must be one of .*log-n is meant\?.*got "logn"/],
    [{ methods: ["none+log-n+yarn-temperature"] }, /entropy must be one, got \["log-n", "yarn-temperature"\]/],
    [{ methods: [{ extension: { positons: {} } }] }, /positions is meant\?/],
  ])("refuses %j", (change, message) => expect(() => read(change)).toThrow(message));
});

describe("--shard", () => {
  it.each([
    ["3/10", {}, { index: 3, of: 10 }],
    [true, { JOB_COMPLETION_INDEX: "0", JOB_COMPLETIONS: "4" }, { index: 1, of: 4 }],
    [true, { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "5", SLURM_ARRAY_TASK_COUNT: "4" }, { index: 3, of: 4 }],
    [
      true,
      { SLURM_ARRAY_TASK_ID: "8", SLURM_ARRAY_TASK_MIN: "0", SLURM_ARRAY_TASK_COUNT: "3", SLURM_ARRAY_TASK_STEP: "4" },
      { index: 3, of: 3 },
    ],
    [undefined, { JOB_COMPLETION_INDEX: "0" }, undefined],
  ] as const)("%s with %j is %j", (given, environment, shard) =>
    expect(readShard(given, environment as Record<string, string>)).toEqual(shard),
  );

  it.each([
    ["0/3", {}, /a part's number must be an integer from 1 to 3, got 0/],
    ["4/3", {}, /from 1 to 3, got 4/],
    ["1/0", {}, /parts of a sweep must be an integer >= 1, got 0/],
    ["1-3", {}, /must be given as 3\/10, got 1-3/],
    [true, {}, /must be given as 3\/10, or be in JOB_COMPLETION_INDEX .*got none of them/],
    [true, { JOB_COMPLETION_INDEX: "1" }, /JOB_COMPLETIONS must be an integer, got none/],
    [true, { JOB_COMPLETION_INDEX: "4", JOB_COMPLETIONS: "4" }, /from 1 to 4, got 5/],
    [true, { JOB_COMPLETION_INDEX: "x", JOB_COMPLETIONS: "4" }, /JOB_COMPLETION_INDEX must be an integer, got x/],
    [true, { JOB_COMPLETION_INDEX: "1", SLURM_ARRAY_TASK_ID: "1" }, /got both/],
    [true, { SLURM_ARRAY_TASK_ID: "7", SLURM_ARRAY_TASK_MIN: "0", SLURM_ARRAY_TASK_COUNT: "2" }, /from 1 to 2, got 8/],
  ] as const)("%s with %j is refused", (given, environment, message) =>
    expect(() => readShard(given, environment as Record<string, string>)).toThrow(message),
  );
});

describe("memory", () => {
  it("is read with its unit", () => {
    expect([readMemory("800MB"), readMemory("1.5 gb"), readMemory("12")]).toEqual([8e8, 1.5e9, 12]);
    for (const text of ["", "0", "x", "-1GB", "3 cats"])
      expect(() => readMemory(text)).toThrow(/must be bytes above 0/);
  });

  it("bounds what runs side by side", () => {
    const cells = [{ bytes: 5e6 }, { bytes: 1e7 }, { bytes: 1e6 }] as never;
    const at = (asked: number | undefined, cores: number, had: number) => workersFor(cells, { asked, cores, had });
    expect([at(undefined, 2, 1e9), at(undefined, 8, 1e9), at(8, 2, 2.5e7), at(1, 8, 1e9)]).toEqual([2, 3, 2, 1]);
    expect(workersFor([{ bytes: 3e8 }, { bytes: 3e8 }] as never, { asked: undefined, cores: 8, had: 1e12 })).toBe(1);
    expect(beyondMemory({ bytes: 10 }, 10)).toBeUndefined();
    expect(beyondMemory({ bytes: 11 }, 10)).toBe(
      "its memory must be at most what there is, 10 B (10 bytes), got 11 B (11 bytes) of weights and of keys and values",
    );
  });
});

describe("a results file", () => {
  const hash = "a".repeat(64);
  const record: CellRecord = {
    record: "cell",
    hash,
    model: "m",
    method: "x",
    kind: "passkey",
    params: {},
    positions: "plain",
    beyondCapacity: false,
    result: {},
  };
  const whose = { sweep: "s", cells: 1 };
  const open = (path: string, cells: readonly string[] = [hash]) =>
    openResults("sweep", path, { whose, cells: new Set(cells), onTorn: () => {} });

  it("is one writer's at a time, also by another name", async () => {
    const path = file("locked.jsonl", "");
    const lock = await lockFile("sweep", path);
    await expect(lockFile("sweep", join(scratch, ".", "locked.jsonl"))).rejects.toThrow(
      `must be written by one at a time, got another: process ${process.pid}`,
    );
    await lock.remove();
    await (await lockFile("sweep", path)).remove();
  });

  it("of another sweep, with a broken line, or where none can be written, is refused and stays as it was", async () => {
    const header = recordLine({ record: "sweep", version: 1, sweep: "t", cells: 1 });
    const other = file("other.jsonl", header + recordLine(record));
    await expect(open(other, ["b".repeat(64)])).rejects.toThrow(
      /must be of this sweep \(s\), got 1 cells of another \(t\)/,
    );
    const broken = file("broken.jsonl", `${header}{"rec\n${recordLine(record)}`);
    await expect(open(broken)).rejects.toThrow(/sweep: .*broken\.jsonl: line 2 must be a record of a sweep/);
    expect([readFileSync(other, "utf8"), readFileSync(broken, "utf8").length]).toEqual([
      header + recordLine(record),
      header.length + 6 + recordLine(record).length,
    ]);
    await expect(open(join(scratch, "nowhere", "x.jsonl"))).rejects.toThrow(/must be a writable file, got ENOENT/);
    await expect(open(scratch)).rejects.toThrow(/must be a (writable )?file, got EISDIR/);
  });

  it("of a sweep that has grown goes on with what it has", async () => {
    const header = recordLine({ record: "sweep", version: 1, sweep: "t", cells: 1 });
    const path = file("grown.jsonl", header + recordLine(record));
    const results = await open(path, [hash, "b".repeat(64)]);
    await Promise.all([
      results.append({ ...record, hash: "b".repeat(64) }),
      results.append({ ...record, hash: "c".repeat(64) }),
    ]);
    await results.close();
    expect([...results.records.cells.keys()]).toEqual([hash]);
    expect(linesOf(path)).toHaveLength(5);
  });
});

it("a queue's address is shown without its password", () => {
  expect(readQueueAddress("rediss://me:p%40ss@host:1/2")).toEqual({
    url: "rediss://me:p%40ss@host:1/2",
    shown: "rediss://host:1/2",
    options: { host: "host", port: 1, username: "me", password: "p@ss", db: 2, tls: {} },
  });
  for (const text of ["host:1", "http://host", "redis://", "redis://host/x"])
    expect(() => readQueueAddress(text)).toThrow(/must be redis:\/\/host:port/);
  expect(() => readQueueAddress("http://me:secret@host")).toThrow(/got http:\/\/me:…@host$/);
});
