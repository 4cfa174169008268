/** The lines that the user typed, kept from one start to the next: the oldest first, readable by their owner alone. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { notice } from "../terminal/notice.ts";

/** Lines that are kept, at most. */
export const mostLines = 1000;

/** The history's path: in the XDG state folder, on Windows in LOCALAPPDATA. */
export const historyPath = (env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string => {
  const windows = platform === "win32" ? env["LOCALAPPDATA"] : undefined;
  return join(env["XDG_STATE_HOME"] || windows || join(homedir(), ".local", "state"), "ropewalk", "chat-history");
};

export type History = {
  /** The newest first, as readline expects. */
  readonly lines: readonly string[];
  /** Writes the lines that readline holds. */
  readonly keep: (lines: readonly string[]) => void;
};

const readLines = (path: string): readonly string[] => {
  try {
    return readFileSync(path, "utf8").split("\n").filter(Boolean).slice(-mostLines).toReversed();
  } catch {
    // There is no history yet.
    return [];
  }
};

/** Opens the history. A failure to write it is reported once. */
export const openHistory = (path: string): History => {
  let told = false;
  return {
    lines: readLines(path),
    keep: (lines) => {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        writeFileSync(path, `${lines.slice(0, mostLines).toReversed().join("\n")}\n`, { mode: 0o600 });
        // A file that was there before would keep its mode.
        chmodSync(path, 0o600);
      } catch (error) {
        if (!told)
          notice(`chat: ${path} must be a file that can be written, for the history, got ${(error as Error).message}`);
        told = true;
      }
    },
  };
};
