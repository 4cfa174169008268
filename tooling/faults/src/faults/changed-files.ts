/**
 * Files of weights that change between the opening of a model and the end of its loading. The runtime maps them, so a file that is cut short would
 * end the process by a signal, and one that is written over would give other tokens.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { cpSync, readFileSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import type { Trial } from "@ropewalk/testing/trials";
import { bundled, compileCache } from "../writers/bundle.ts";
import { modelFolders } from "../writers/model-files.ts";

const rounds = 15;

/** Other weights in the same form. */
const others = (path: string): Buffer => {
  const bytes = readFileSync(path);
  return Buffer.concat([bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2).fill(0)]);
};

const changes: Readonly<Record<string, (path: string) => void>> = {
  "cut short": (path) => truncateSync(path, Math.floor(statSync(path).size / 2)),
  "written over": (path) => writeFileSync(path, others(path)),
  "replaced by one of the same size and time": (path) => {
    const { atime, mtime } = statSync(path);
    writeFileSync(`${path}.new`, others(path));
    utimesSync(`${path}.new`, atime, mtime);
    renameSync(`${path}.new`, path);
  },
  "taken away": (path) => rmSync(path),
};

type Moment = { readonly name: string; readonly wait: () => number };

/** What a process says that loads the model, and whose weights change behind the opening, or so many milliseconds behind the order to load. */
const loadWith = async (change: ((path: string) => void) | undefined, wait: number | undefined): Promise<string> => {
  const folder = scratchFolder();
  cpSync(modelFolders.stories, folder, { recursive: true });
  const child = fork(bundled("load"), [folder], { env: { ...process.env, ...compileCache } });
  const ended = once(child, "exit") as Promise<[number | null, string | null]>;
  const died = ended.then(([code, signal]) => `died: ${signal ?? code}`);
  const next = async (): Promise<string> => Promise.race([once(child, "message").then(([said]) => String(said)), died]);
  const opened = await next();
  const path = join(folder, "model.safetensors");
  if (wait === undefined) change?.(path);
  const answer = opened === "opened" ? next() : opened;
  if (opened === "opened") child.send("load");
  if (wait !== undefined) {
    await setTimeout(wait);
    change?.(path);
  }
  const said = await answer;
  await ended;
  rmSync(folder, { recursive: true });
  return said;
};

export const changedFiles: Trial = {
  name: "changed files",
  bar: "a file that changes before it is loaded is named; one that changes meanwhile is named, or has changed nothing",
  run: async (scale) => {
    const begun = performance.now();
    const right = await loadWith(undefined, undefined);
    const took = performance.now() - begun;
    const all = Math.ceil(scale * rounds);
    const moments: readonly Moment[] = [
      { name: "before", wait: () => -1 },
      { name: "meanwhile", wait: () => (took / 3) * Math.random() },
    ];
    const wrong: string[] = [];
    let [named, unharmed] = [0, 0];
    for (const [what, change] of Object.entries(changes))
      for (const { name, wait } of moments)
        for (let round = 0; round < all; round++) {
          const moment = wait();
          const said = await loadWith(change, moment < 0 ? undefined : moment);
          const isNamed = /(model\.safetensors).* must be as it was when it was opened, got /.test(said);
          if (isNamed) named += 1;
          else if (name === "meanwhile" && said === right) unharmed += 1;
          else wrong.push(`${what} ${name}: ${said}`);
        }
    return {
      figure: `${named} named, ${unharmed} had changed nothing; wrong: ${wrong.length === 0 ? "none" : wrong.join("; ")}`,
      holds: wrong.length === 0 && named > 0 && right.startsWith("told"),
    };
  },
};
