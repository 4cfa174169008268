/** The command as a person runs it: a process, its output, its exit code. */
import { execFile, type ExecFileException } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";

export type Outcome = { readonly stdout: string; readonly stderr: string; readonly code: number };

/** A command's exit status: 1 for an error without a number. */
const codeOf = (error: ExecFileException | null): number => {
  if (error === null) return 0;
  return typeof error.code === "number" ? error.code : 1;
};

/** With `input` on its standard input, which is a pipe: at once, or piece by piece with some time between. */
export const ropewalkOn = (input: string | readonly string[], ...args: readonly string[]): Promise<Outcome> =>
  new Promise((done) => {
    const { stdin } = execFile(
      process.execPath,
      ["--conditions=@ropewalk/source", resolve("apps/cli/src/main.ts"), ...args],
      { cwd: scratch, env: { ...process.env, NO_COLOR: "1" }, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => done({ stdout, stderr, code: codeOf(error) }),
    );
    // A command that reads nothing may be gone before.
    stdin!.on("error", () => {});
    const write = async (): Promise<void> => {
      for (const piece of typeof input === "string" ? [input] : input) {
        if (typeof input !== "string") await setTimeout(300);
        stdin!.write(piece);
      }
      stdin!.end();
    };
    void write();
  });

export const ropewalk = (...args: readonly string[]): Promise<Outcome> => ropewalkOn("", ...args);

/** Where commands are started. Fast files of tests share it; it is removed at the end of the process, unless a slow one does it earlier. */
export const scratch: string = mkdtempSync(join(tmpdir(), "ropewalk-cli-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));

/** A file in the scratch folder, by path. */
export const file = (name: string, content: string): string => {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
};

export const idsFile = (name: string, ids: readonly number[]): string => file(name, JSON.stringify(ids));
