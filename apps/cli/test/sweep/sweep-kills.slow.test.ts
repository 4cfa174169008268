/**
 * A sweep that is killed at any moment, and one whose worker is killed: each cell once, and the report of an uninterrupted run, to the
 * byte. `npm run check:sweep` kills ten times; `npm test` does it a few times.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { hasEnded } from "@ropewalk/testing/has-ended";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serverProgram, startServer } from "./queue-server.ts";

const kills = Number(process.env["KILLS"] ?? 3);

const home = mkdtempSync(join(tmpdir(), "ropewalk-sweep-"));
/** What a test that fails would leave running. */
const started: ChildProcess[] = [];
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
  rmSync(home, { recursive: true });
});

/** 60 cells, of which each takes some hundredths of a second. */
const sixty = {
  models: ["passkey-875k"],
  methods: ["none", { method: ["self-extend", "self-extend+log-n"], groupSize: [4, 8], window: 64 }],
  evaluations: [{ kind: "passkey", length: [96, 112, 128, 144], depth: [0.1, 0.5, 0.9], trials: 1, seed: 1 }],
};

const start = (args: readonly string[], folder: string) => {
  const child = spawn(process.execPath, ["--conditions=@ropewalk/source", resolve("apps/cli/src/main.ts"), ...args], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1" },
  });
  started.push(child);
  const said = { stderr: "", stdout: "" };
  child.stderr.on("data", (text) => (said.stderr += String(text)));
  child.stdout.on("data", (text) => (said.stdout += String(text)));
  const ended = once(child, "exit").then(([code, signal]) => ({
    code: code as number,
    signal: signal as string,
    ...said,
  }));
  return { child, said, ended };
};

const folderOf = (name: string): string => {
  const folder = join(home, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "sixty.json"), JSON.stringify(sixty));
  return folder;
};

const hashesIn = (folder: string): readonly string[] => {
  const path = join(folder, "sixty.results.jsonl");
  if (!existsSync(path)) return [];
  const whole = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return whole.flatMap((line) => (JSON.parse(line) as { readonly hash?: string }).hash ?? []);
};

const reportIn = (folder: string): string => readFileSync(join(folder, "sixty.results.html"), "utf8");

/** What an uninterrupted run gives. */
let whole: { readonly hashes: readonly string[]; readonly report: string };

beforeAll(async () => {
  const folder = folderOf("whole");
  expect(await start(["sweep", "sixty.json"], folder).ended).toMatchObject({ code: 0, stderr: "" });
  whole = { hashes: hashesIn(folder).toSorted(), report: reportIn(folder) };
  expect(new Set(whole.hashes).size).toBe(60);
});

it(
  `a sweep of 60 cells that is killed ${kills} times ends with each cell once, and the same report`,
  { timeout: 60_000 * kills },
  async () => {
    const folder = folderOf("killed");
    let killed = 0;
    for (let before = 0; killed < kills; before = hashesIn(folder).length) {
      const { child, ended } = start(["sweep", "sixty.json"], folder);
      // At any moment of its start, or while cells are written.
      const begun = Math.random();
      if (begun < 0.3) await wait(1000 * Math.random());
      else while (hashesIn(folder).length === before && !hasEnded(child)) await wait(1);
      await wait(20 * Math.random());
      child.kill("SIGKILL");
      const { signal, stderr } = await ended;
      expect(stderr).not.toMatch(/must be/);
      expect(signal).toBe("SIGKILL");
      killed++;
      expect(hashesIn(folder).length).toBeLessThan(60);
    }
    const { code, stderr } = await start(["sweep", "sixty.json"], folder).ended;
    expect(code, stderr).toBe(0);
    expect(hashesIn(folder).toSorted()).toEqual(whole.hashes);
    expect(reportIn(folder)).toBe(whole.report);
  },
);

describe.skipIf(serverProgram === undefined)("over a queue (needs valkey-server or redis-server)", () => {
  it("with three workers of which one is killed, the same", async () => {
    const server = await startServer();
    started.push(server.child);
    const folder = folderOf("queued");
    const serving = ["worker", "--queue", server.url, "--workers", "1", "--lease", "1"];
    const workers = Array.from({ length: 3 }, () => start(serving, folder));
    const { said, ended } = start(["sweep", "sixty.json", "--queue", server.url], folder);
    const first = workers[0]!;
    // In the middle of its work.
    while (!first.said.stderr.includes("done:") && hashesIn(folder).length < 50) await wait(2);
    first.child.kill("SIGKILL");
    const { code } = await ended;
    expect(code, said.stderr).toBe(0);
    expect(hashesIn(folder).toSorted()).toEqual(whole.hashes);
    expect(reportIn(folder)).toBe(whole.report);
    // A cell that is done is done for every sweep: no worker is needed for another.
    for (const { child } of workers) child.kill("SIGINT");
    expect(await workers[1]!.ended).toMatchObject({ code: 130 });
    const again = folderOf("again");
    expect((await start(["sweep", "sixty.json", "--queue", server.url], again).ended).code).toBe(0);
    expect(reportIn(again)).toBe(whole.report);
    await server.stop();
  });
});
