/**
 * A process that makes a folder of its own and ends in a given way, or writes files and folders until it ends or is killed:
 *
 *     node disk-process.ts own <parent> <end>
 *     node disk-process.ts write <target> <files> <bytes>
 *     node disk-process.ts file <path> <bytes>          every byte is a 7
 *     node disk-process.ts race <what it writes>        gets targets as messages, and answers with the outcome of each
 *     node disk-process.ts struck <target>              gets SIGTERM as soon as a folder is made, before the next line runs
 *     node disk-process.ts late <target> <files>        gets SIGTERM as the folder is given its name, which takes a while
 */
import { pbkdf2 } from "node:crypto";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { writeFileWhole } from "../../src/files.ts";
import { ownFolder, writeFolder } from "../../src/node.ts";
import { setTimeout as wait } from "node:timers/promises";

const [kind = "", place = "", first = "", second = ""] = process.argv.slice(2);

const ends: Readonly<Record<string, () => unknown>> = {
  normally: () => {},
  exit: () => process.exit(3),
  throw: () => {
    throw new Error("as it comes");
  },
  wait: () => setInterval(() => {}, 1000),
  // Ends in its own time.
  gracefully: () => {
    setInterval(() => {}, 1000);
    setTimeout(() => process.exit(5), 300);
  },
  // Listens to signals and goes on.
  deaf: () => process.on("SIGTERM", () => console.log("heard")) && setTimeout(() => process.exit(6), 600),
  // As the package signal-exit does it: leaves a signal to whoever else listens.
  defers: () => {
    Object.defineProperty(globalThis, Symbol.for("signal-exit emitter"), { value: { count: 1 } });
    const listener = (): void => {
      if (process.listeners("SIGTERM").length > 1) return;
      process.off("SIGTERM", listener);
      process.kill(process.pid, "SIGTERM");
    };
    process.on("SIGTERM", listener);
    setInterval(() => {}, 1000);
  },
};

/** Slow enough to be caught in the middle. */
const slowly = async function* (bytes: number, fill: number): AsyncGenerator<Uint8Array> {
  for (let part = 0; part < 4; part++) {
    await wait(1);
    yield new Uint8Array(bytes / 4).fill(fill);
  }
};

const filesOf = (count: number, bytes: number, fill: number) =>
  Array.from({ length: count }, (_, index) => ({
    name: index % 3 === 0 ? `inner/${index}` : String(index),
    parts: slowly(bytes, fill),
  }));

if (kind === "own") {
  if (first === "gracefully") process.once("SIGTERM", () => setTimeout(() => process.exit(5), 200));
  await ownFolder(place, "ropewalk-test");
  await ownFolder(place, "ropewalk-other");
  console.log("ready");
  if (first === "gracefully") setInterval(() => {}, 1000);
  else ends[first]!();
} else if (kind === "write") {
  console.log("ready");
  await writeFolder(place, filesOf(Number(first), Number(second), 7));
} else if (kind === "file") {
  console.log("ready");
  for (;;) await writeFileWhole("write", place, slowly(Number(first), 7));
} else if (kind === "struck") {
  const { mkdirSync } = fs;
  fs.mkdirSync = ((...args: Parameters<typeof mkdirSync>) => {
    const made = mkdirSync(...args);
    process.kill(process.pid, "SIGTERM");
    return made;
  }) as typeof mkdirSync;
  syncBuiltinESMExports();
  console.log("ready");
  await writeFolder(place, filesOf(2, 400, 7));
} else if (kind === "late") {
  const { renameSync, promises } = fs;
  const { rename } = promises;
  const strike = (): boolean => process.kill(process.pid, "SIGTERM");
  fs.renameSync = (from, to) => strike() && renameSync(from, to);
  promises.rename = (from, to) => {
    strike();
    // Keeps the one thread of the pool busy, so that the rename comes while files are removed.
    pbkdf2("a", "b", 20_000, 64, "sha512", () => {});
    return rename(from, to);
  };
  syncBuiltinESMExports();
  console.log("ready");
  await writeFolder(
    place,
    Array.from({ length: Number(first) }, (_, index) => ({ name: String(index), parts: [new Uint8Array(4)] })),
  );
  // A signal that has come by now must end the process here.
  await wait(200);
  process.exit(7);
} else {
  process.on("message", (target: string) => {
    void writeFolder(target, filesOf(6, 400, Number(place))).then(
      () => process.send!("written"),
      (error: Error) => process.send!(error.message),
    );
  });
  process.send!("ready");
}
