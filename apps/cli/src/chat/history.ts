/** The lines that the user typed, kept from one start to the next: the oldest first, readable by their owner alone. */
import { writeFileWhole } from "@ropewalk/models/files";
import { readFileSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
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

const write = async (path: string, lines: readonly string[]): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // A new file takes the mode of the one that it replaces.
  await writeFile(path, "", { flag: "a", mode: 0o600 });
  await chmod(path, 0o600);
  const text = `${lines.slice(0, mostLines).toReversed().join("\n")}\n`;
  await writeFileWhole("chat", path, [new TextEncoder().encode(text)]);
};

/** Opens the history. It is written whole, one time after another. A failure to write it is reported once. */
export const openHistory = (path: string): History => {
  let told = false;
  let written: Promise<void> = Promise.resolve();
  const report = ({ message, cause }: Error): void => {
    const got = cause instanceof Error ? cause.message : message;
    if (!told) notice(`chat: ${path} must be a file that can be written, for the history, got ${got}`);
    told = true;
  };
  return {
    lines: readLines(path),
    keep: (lines) => {
      const all = [...lines];
      written = written.then(() => write(path, all)).catch(report);
    },
  };
};
