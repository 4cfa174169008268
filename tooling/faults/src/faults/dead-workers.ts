/**
 * Workers that end while texts are told in them. A worker that is terminated while the runtime computes can take the process along, which no
 * program can keep from it; so each runs in a process of its own, and that end is a trial by itself.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import type { Trial } from "@ropewalk/testing/trials";
import { bundled, compileCache } from "../writers/bundle.ts";
import { modelFolders } from "../writers/model-files.ts";

type Ended = {
  /** What the calls were rejected with; none if the process ended before. */
  readonly said: readonly string[];
  /** What ended the process, and its last words, where it did not end by itself. */
  readonly died: string | undefined;
};

/** What becomes of a process whose worker ends so. */
const ended = async (how: string): Promise<Ended> => {
  const child = fork(
    bundled("with-dying-worker"),
    [bundled("dying-worker"), modelFolders.stories, how, String(400 * Math.random())],
    {
      // The runtime reads it in a worker, where it cannot be set.
      env: { ...process.env, ...compileCache, ORT_DISABLE_TELEMETRY: "1" },
      stdio: ["ignore", "inherit", "pipe", "ipc"],
    },
  );
  let [said, words]: [readonly string[], string] = [[], ""];
  child.on("message", (all) => (said = all as readonly string[]));
  child.stderr!.on("data", (text) => (words += String(text)));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { said, died: code === 0 ? undefined : `${signal ?? code}: ${words.trim()}` };
};

/** Every call of a worker, and one behind them. */
const calls = 3;

const areRejected = ({ said, died }: Ended, words: RegExp): boolean =>
  died === undefined &&
  said.length === calls &&
  said.every((each) => words.test(each) && each.includes("the worker must be alive"));

/** Ends so many workers in one way. Gives the ends whose calls were not all rejected in these words. */
const otherwise = async (how: string, words: RegExp, workers: number): Promise<readonly Ended[]> => {
  const others: Ended[] = [];
  for (let round = 0; round < workers; round++) {
    const end = await ended(how);
    if (!areRejected(end, words)) others.push(end);
  }
  return others;
};

const inWords = ({ said, died }: Ended): string => died ?? said.join(", ");

const listed = (wrong: readonly string[]): string => (wrong.length === 0 ? "none" : wrong.join("; "));

/** How a worker ends, and what its calls are rejected with. */
const ends: Readonly<Record<string, RegExp>> = {
  exits: /ended with the exit code 5$/,
  throws: /failed: out of it$/,
  "takes all memory": /failed: Worker terminated due to reaching memory limit/,
  "is terminated between runs": /ended with the exit code \d$/,
};

export const deadWorkers: Trial = {
  name: "dead workers",
  bar: "every call that waits, and each behind it, is rejected with what ended the worker",
  run: async (scale) => {
    const each = Math.ceil(scale * 10);
    const wrong: string[] = [];
    for (const [how, words] of Object.entries(ends))
      for (const end of await otherwise(how, words, each)) wrong.push(`${how}: ${inWords(end)}`);
    const workers = Object.keys(ends).length * each;
    return {
      figure: `all ${calls} calls of ${workers - wrong.length} of ${workers} workers rejected; wrong: ${listed(wrong)}`,
      holds: wrong.length === 0,
    };
  },
};

/** How the runtime's native code ends a process when its thread is gone. */
const abort = /^SIGABRT: terminate called after throwing an instance of 'Napi::Error'/;

export const terminatedInRuns: Trial = {
  name: "workers terminated in a run",
  bar: "every call is rejected with what ended the worker, or the runtime ends the process, as the README says; nothing else",
  run: async (scale) => {
    const workers = Math.ceil(scale * 60);
    const others = await otherwise("is terminated in a run", /ended with the exit code \d$/, workers);
    const wrong = others.filter(({ died }) => !abort.test(died ?? "")).map(inWords);
    return {
      figure:
        `of ${workers} workers, the calls of ${workers - others.length} were rejected and ` +
        `${others.length - wrong.length} processes ended; wrong: ${listed(wrong)}`,
      holds: wrong.length === 0,
    };
  },
};
