/** Folders that are written whole. `ROUNDS` sets how often processes are killed in the middle. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { rejectionOf } from "@ropewalk/testing/thrown";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeFolder, writeWhole } from "../../src/node.ts";
import { startDiskProcess } from "./start-disk-process.ts";

const rounds = Number(process.env["ROUNDS"] ?? 6);

let home = "";
beforeEach(() => void (home = scratchFolder()));
afterEach(() => rmSync(home, { recursive: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parts = async function* (...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    await wait(1);
    yield bytes(text);
  }
};
const failing = async function* (): AsyncGenerator<Uint8Array> {
  yield bytes("a");
  await wait(50);
  throw new RangeError("a weight is not finite");
};
const write = (folder: string, text: string): Promise<number> =>
  writeFolder(folder, [
    { name: "weights", parts: parts(text, text) },
    { name: "in/side", parts: parts(text) },
    { name: "config.json", parts: parts(text) },
  ]);
const textsIn = (folder: string): readonly string[] =>
  ["weights", "in/side", "config.json"].map((name) => readFileSync(join(folder, name), "utf8"));

describe("a folder", () => {
  it("is there when all of it is, with the permissions that it had or that a new one gets", async () => {
    const folder = join(home, "a", "b");
    let seen = true;
    const watched = async function* (): AsyncGenerator<Uint8Array> {
      seen = existsSync(folder);
      yield bytes("weights");
    };
    expect(await writeFolder(folder, [{ name: "weights", parts: watched() }])).toBe(7);
    expect(seen).toBe(false);
    expect(readdirSync(join(home, "a"))).toEqual(["b"]);
    mkdirSync(join(home, "new"));
    expect(statSync(folder).mode).toBe(statSync(join(home, "new")).mode);
    chmodSync(join(home, "new"), 0o750);
    await write(join(home, "new"), "x");
    expect(statSync(join(home, "new")).mode & 0o777).toBe(0o750);
    expect(textsIn(join(home, "new"))).toEqual(["xx", "x", "x"]);
  });

  it("has one of two writers at once, and the other is told", async () => {
    for (let round = 0; round < 60; round++) {
      const folder = join(home, String(round));
      if (round % 2 === 0) mkdirSync(folder);
      const told = await Promise.all(["x", "y"].map((text) => rejectionOf(write(folder, text))));
      const winner = told.indexOf("nothing");
      expect(told.filter((words) => words === "nothing")).toHaveLength(1);
      expect(told[1 - winner]).toBe(`RangeError: writeFolder: ${folder} must be an empty folder, got 3 files`);
      const text = winner === 0 ? "x" : "y";
      expect(textsIn(folder)).toEqual([text + text, text, text]);
    }
    expect(readdirSync(home)).toHaveLength(60);
  });

  it("has one of two processes that write it", async () => {
    const racers = await Promise.all(["1", "2"].map((fill) => startDiskProcess("race", fill)));
    for (let round = 0; round < 50; round++) {
      const folder = join(home, String(round));
      const told = await Promise.all(
        racers.map(({ child }) => {
          const answer = new Promise<string>((done) => child.once("message", done));
          child.send(folder);
          return answer;
        }),
      );
      expect(told.toSorted()).toEqual([`writeFolder: ${folder} must be an empty folder, got 5 files`, "written"]);
      const fill = told.indexOf("written") + 1;
      for (const name of ["inner/0", "inner/3", "1", "2", "4", "5"])
        expect(readFileSync(join(folder, name))).toEqual(Buffer.alloc(400, fill));
    }
    for (const { child } of racers) child.kill();
    await Promise.all(racers.map(({ ended }) => ended));
    expect(readdirSync(home)).toHaveLength(50);
  });

  it("that fails leaves what others wrote beside it, and nothing of its own", async () => {
    const shared = join(home, "out", "puts");
    const failed = rejectionOf(writeFolder(join(shared, "q4"), [{ name: "weights", parts: failing() }]));
    await wait(20);
    await write(join(shared, "q8"), "x");
    mkdirSync(join(shared, "notes"));
    expect(await failed).toBe("RangeError: a weight is not finite");
    expect(readdirSync(shared).toSorted()).toEqual(["notes", "q8"]);
    await rejectionOf(writeFolder(join(home, "new", "er", "q4"), [{ name: "weights", parts: failing() }]));
    expect(readdirSync(home)).toEqual(["out"]);
    mkdirSync(join(home, "empty"));
    await rejectionOf(writeFolder(join(home, "empty"), [{ name: "weights", parts: failing() }]));
    expect(readdirSync(join(home, "empty"))).toEqual([]);
  });

  it.each(["SIGTERM", "SIGINT", "SIGKILL"] as const)(
    "of a process that ends by %s is as before, or whole, or not there",
    async (signal) => {
      for (let round = 0; round < rounds; round++) {
        const folder = join(home, "above", "it");
        const before = round % 2 === 0;
        if (before) mkdirSync(folder, { recursive: true });
        // About 150 ms of writing.
        const { child, ended } = await startDiskProcess("write", folder, "20", "40000");
        await wait(Math.random() * 250);
        child.kill(signal);
        await ended;
        if (existsSync(folder) && readdirSync(folder).length > 0) {
          expect(readdirSync(folder).length).toBe(14);
          for (let index = 0; index < 20; index++)
            expect(readFileSync(join(folder, index % 3 === 0 ? `inner/${index}` : String(index)))).toEqual(
              Buffer.alloc(40_000, 7),
            );
        }
        // What is left of one that was killed goes when the next folder is written beside it.
        if (signal === "SIGKILL") await write(join(home, "above", "other"), "x");
        const left = existsSync(join(home, "above")) ? readdirSync(join(home, "above")) : [];
        expect(left.filter((name) => name.startsWith("."))).toEqual([]);
        if (before) expect(left).toContain("it");
        rmSync(join(home, "above"), { recursive: true, force: true });
      }
    },
  );
});

describe("a signal", () => {
  it("that comes as soon as a folder is made leaves none", async () => {
    const { ended } = await startDiskProcess("struck", join(home, "above", "it"));
    expect(await ended).toEqual([null, "SIGTERM"]);
    expect(readdirSync(home)).toEqual([]);
  });

  it("that comes as a folder gets its name leaves all of it, and is heard", async () => {
    const { ended } = await startDiskProcess("late", join(home, "it"), "2000");
    expect(await ended).toEqual([null, "SIGTERM"]);
    const left = readdirSync(home);
    expect(left.map((name) => readdirSync(join(home, name)).length)).toEqual([2000]);
    expect(left).toEqual(["it"]);
  });
});

describe("a target", () => {
  const refused = (folder: string): Promise<string> => rejectionOf(write(folder, "x"));

  it("must be empty or absent", async () => {
    writeFileSync(join(home, "file"), "mine");
    expect(await refused(home)).toBe(`RangeError: writeFolder: ${home} must be an empty folder, got 1 files`);
    expect(await refused(join(home, "file"))).toBe(
      `RangeError: writeFolder: ${join(home, "file")} must be an empty folder, got a file`,
    );
    expect(await refused(join(home, "file", "in"))).toMatch(
      /^Error: writeFolder: .*file\/in could not be written: E(EXIST|NOTDIR)/,
    );
    symlinkSync(join(home, "nowhere"), join(home, "link"));
    expect(await refused(join(home, "link"))).toMatch(/must be an empty folder, got a link that leads nowhere$/);
    expect(readdirSync(home).toSorted()).toEqual(["file", "link"]);
    expect(readFileSync(join(home, "file"), "utf8")).toBe("mine");
  });

  it("may be a link to an empty folder, which stays a link", async () => {
    mkdirSync(join(home, "disk"));
    symlinkSync(join(home, "disk"), join(home, "link"));
    await write(join(home, "link"), "x");
    expect(textsIn(join(home, "disk"))).toEqual(["xx", "x", "x"]);
    expect(statSync(join(home, "link")).ino).toBe(statSync(join(home, "disk")).ino);
  });

  it("must not be where the process works, since that would be another folder then", async () => {
    const before = process.cwd();
    process.chdir(home);
    try {
      expect(await refused(".")).toMatch(
        /must be absent, or a folder that a new one can replace, got the working folder/,
      );
    } finally {
      process.chdir(before);
    }
  });
});

describe("a file", () => {
  const fill = (name: string): Promise<string> =>
    rejectionOf(writeWhole("fill", join(home, "folder"), ({ write: put }) => put(name, [bytes("x")])));

  it.each(["../out", "/out", "a/../../out", ".", "..", "", "a/"])("must lie in its folder: %j", async (name) => {
    expect(await fill(name)).toMatch(/^RangeError: fill: a file must lie in .*folder, got "/);
    expect(readdirSync(home)).toEqual([]);
  });

  it("is written once, and never through a link or a second name", async () => {
    const source = join(home, "source");
    writeFileSync(source, "the source's");
    for (const first of ["link", "copy"] as const) {
      const told = await rejectionOf(
        writeWhole("fill", join(home, "folder"), async (folder) => {
          await folder[first](source, "weights");
          await folder.write("./weights", [bytes("x")]);
        }),
      );
      expect(told).toMatch(/^Error: fill: .*folder\/weights could not be written: EEXIST/);
      expect(readFileSync(source, "utf8")).toBe("the source's");
      expect(readdirSync(home)).toEqual(["source"]);
    }
    await writeWhole("fill", join(home, "folder"), async ({ copy, link }) => {
      await copy(source, "copied");
      await link(source, "in/linked");
    });
    expect(statSync(join(home, "folder", "copied")).nlink).toBe(1);
    expect(statSync(join(home, "folder", "in", "linked")).ino).toBe(statSync(source).ino);
  });

  it("that the disk does not take is named, and nothing is left", () => {
    const script = fileURLToPath(new URL("disk-process.ts", import.meta.url));
    const limited = `ulimit -f 20; exec "$0" --conditions=@ropewalk/source "$1" write "$2" 3 400000`;
    const run = (): void =>
      void execFileSync("bash", ["-c", limited, process.execPath, script, join(home, "folder")], { stdio: "pipe" });
    expect(run).toThrow(/writeFolder: .*folder\/inner\/0 could not be written: EFBIG/);
    expect(readdirSync(home)).toEqual([]);
  });
});
