/** Folders that go with the process, however it ends. */
import { mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ownFolder } from "../../src/node.ts";
import { startDiskProcess } from "./start-disk-process.ts";

let home = "";
beforeEach(() => void (home = scratchFolder()));
afterEach(() => rmSync(home, { recursive: true }));

const there = (): readonly string[] => readdirSync(home).toSorted();
const minutes = (count: number): Date => new Date(Date.now() - 60_000 * count);

describe("a folder of a process", () => {
  it.each([
    ["normally", 0],
    ["exit", 3],
    ["throw", 1],
  ])("goes when it ends: %s", async (end, code) => {
    const { ended } = await startDiskProcess("own", join(home, "in", "two"), end);
    expect(await ended).toEqual([code, null]);
    expect(there()).toEqual([]);
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)("goes on %s, by which the process ends", async (signal) => {
    const { child, ended } = await startDiskProcess("own", home, "wait");
    expect(there()).toHaveLength(2);
    child.kill(signal);
    expect(await ended).toEqual([null, signal]);
    expect(there()).toEqual([]);
  });

  it("goes when a process that listens to the signal has ended in its own time, and not before", async () => {
    const { child, ended } = await startDiskProcess("own", home, "gracefully");
    child.kill("SIGTERM");
    expect(await ended).toEqual([5, null]);
    expect(there()).toEqual([]);
    const deaf = await startDiskProcess("own", home, "deaf");
    deaf.child.kill("SIGTERM");
    await new Promise((done) => deaf.child.stdout!.once("data", done));
    expect(there()).toHaveLength(2);
    expect(await deaf.ended).toEqual([6, null]);
    expect(there()).toEqual([]);
  });

  it("goes where all other listeners leave the signal to each other", async () => {
    const { child, ended } = await startDiskProcess("own", home, "defers");
    child.kill("SIGTERM");
    expect(await ended).toEqual([null, "SIGTERM"]);
    expect(there()).toEqual([]);
  });

  it.runIf(process.platform === "linux")(
    "is refused in a file system that takes none, and looked for no longer",
    async () => {
      await expect(ownFolder("/proc/a/b", "ropewalk-test")).rejects.toThrow(/ENOENT.*\/proc\/a/);
    },
  );

  it("stays when the process is killed, until another looks; one of a running process stays", async () => {
    const running = await startDiskProcess("own", home, "wait");
    const own = there();
    const killed = await startDiskProcess("own", home, "wait");
    killed.child.kill("SIGKILL");
    await killed.ended;
    expect(there()).toHaveLength(4);
    const { path, remove } = await ownFolder(home, "ropewalk-test");
    expect(there()).toEqual([...own, path.slice(home.length + 1)].toSorted());
    await remove();
    running.child.kill();
    await running.ended;
    expect(there()).toEqual([]);
  });

  it("of another machine or container stays while it gives a sign of life", async () => {
    const [alive, silent] = ["0", "1"].map((digit) => join(home, `ropewalk-q4-0000000${digit}.1.1-0123456789ab`));
    for (const path of [alive!, silent!]) mkdirSync(join(path, "in"), { recursive: true });
    utimesSync(alive!, minutes(5), minutes(5));
    utimesSync(silent!, minutes(11), minutes(11));
    await (await ownFolder(home, "ropewalk-test")).remove();
    expect(there()).toEqual(["ropewalk-q4-00000000.1.1-0123456789ab"]);
  });

  it("is the only kind that is taken away", async () => {
    const others = [
      "ropewalk-q4-abcdef",
      "ropewalk-models-00000000.1.1-xyz",
      "my-ropewalk-q4-00000000.1.1-0123456789ab",
      "ropewalk-q4-00000000.1.1-0123456789ab.bak",
    ];
    for (const name of others) mkdirSync(join(home, name));
    const [file, link] = ["a", "b"].map((digit) => `ropewalk-q4-00000000.1.1-0123456789a${digit}`);
    writeFileSync(join(home, file!), "a file");
    symlinkSync(join(home, others[0]!), join(home, link!));
    for (const name of others) utimesSync(join(home, name), minutes(99), minutes(99));
    utimesSync(join(home, file!), minutes(99), minutes(99));
    await (await ownFolder(home, "ropewalk-test")).remove();
    expect(there()).toEqual([...others, file, link].toSorted());
  });

  it("has a name that is known again", async () => {
    for (const prefix of ["mine", "ropewalk", "ropewalk-Q4", "../ropewalk-q4", "ropewalk-q4/in"])
      await expect(ownFolder(join(home, "in"), prefix)).rejects.toThrow(
        "ownFolder: prefix must be ropewalk- and a word",
      );
    expect(there()).toEqual([]);
  });

  it("takes folders above along that were made for it, while they are empty", async () => {
    const one = await ownFolder(join(home, "a", "b", "c"), "ropewalk-test");
    const two = await ownFolder(join(home, "a", "b", "d"), "ropewalk-test");
    await one.remove();
    expect(readdirSync(join(home, "a", "b"))).toEqual(["d"]);
    writeFileSync(join(home, "a", "notes"), "somebody's");
    await two.remove();
    // It did not make "a" and "b".
    expect(readdirSync(join(home, "a"))).toEqual(["b", "notes"]);
  });
});
