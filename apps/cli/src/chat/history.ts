/** What was typed before, kept from one start to the next: a line each, the oldest first, for its owner alone. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { notice } from "../terminal/notice.ts";

/** Lines that are kept, at most. */
export const mostLines = 1000;

/** Where a user's state goes: as the XDG base directories say, and on Windows beside other programs' data. */
export const historyPath = (env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string => {
  const windows = platform === "win32" ? env["LOCALAPPDATA"] : undefined;
  return join(env["XDG_STATE_HOME"] || windows || join(homedir(), ".local", "state"), "ropewalk", "chat-history");
};

export type History = {
  /** The newest first, as readline wants it. */
  readonly lines: readonly string[];
  /** Keeps what readline has by then. */
  readonly keep: (lines: readonly string[]) => void;
};

const readLines = (path: string): readonly string[] => {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean).slice(-mostLines).toReversed();
  } catch {
    // There is none yet.
    return [];
  }
};

/** What cannot be kept is said once. */
export const openHistory = (path: string): History => {
  let told = false;
  return {
    lines: readLines(path),
    keep: (lines) => {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        writeFileSync(path, `${lines.slice(0, mostLines).toReversed().join("\n")}\n`, { mode: 0o600 });
        // One that was there keeps its mode otherwise.
        chmodSync(path, 0o600);
      } catch (error) {
        if (!told)
          notice(`chat: ${path} must be a file that can be written, for the history, got ${(error as Error).message}`);
        told = true;
      }
    },
  };
};
