/** Something that writes to a disk, as a process of its own. All that it writes lies in the folder `out` of a home. */
import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { bundled, compileCache } from "./bundle.ts";

export type Writer = {
  readonly name: string;
  /** Lays what it reads into a new home, and the old content, where there is any, into `out`. Gives what ends it. */
  readonly prepare: (home: string) => Promise<(() => Promise<void>) | void>;
  /** The arguments of Node. They may depend on what an earlier run left. */
  readonly args: (home: string) => readonly string[];
  /**
   * What a file of `out` is a part of, which must be old or new as a whole. Undefined: parts that a run which goes on may take as they are,
   * such as the beginning of a download; they are only looked at in the end.
   */
  readonly unitOf: (file: string) => string | undefined;
  /** Whether two that write at once may both succeed: one waits, or both write the same, each whole. Otherwise one is refused. */
  readonly bothSucceed: boolean;
  /** What counts of a file's content when results are compared in the end. Absent: every byte. */
  readonly contentOf?: (file: string, bytes: Buffer) => string;
};

/** Arguments that start `ropewalk`. */
export const ropewalk = (...args: readonly string[]): readonly string[] => [bundled("ropewalk"), ...args];

/** What tells the temporary names of processes, which no reader takes for a result. */
const isTemporary = (file: string): boolean => /(^|\/)\.ropewalk-/.test(file);

/** Every file below a folder with a hash of its content. */
export const filesIn = (
  folder: string,
  contentOf: Writer["contentOf"] = (_, bytes) => bytes.toString("latin1"),
): Readonly<Record<string, string>> => {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  const found = names.flatMap((name) => {
    const path = join(folder, name);
    const kind = lstatSync(path, { throwIfNoEntry: false });
    if (kind?.isSymbolicLink()) return [[name, readlinkSync(path)] as const];
    return kind?.isFile()
      ? [
          [
            name,
            createHash("sha1")
              .update(contentOf(name, readFileSync(path)))
              .digest("hex"),
          ] as const,
        ]
      : [];
  });
  return Object.fromEntries(found);
};

/** Names of temporary files and folders that are left, those of locks too. */
export const leftIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => isTemporary(name))
    : [];

/** Each unit as one text: its files and their hashes. */
export const unitsIn = ({ unitOf }: Writer, folder: string): ReadonlyMap<string, string> => {
  const units = new Map<string, string>();
  for (const [file, hash] of Object.entries(filesIn(folder))) {
    const unit = isTemporary(file) ? undefined : unitOf(file);
    if (unit !== undefined) units.set(unit, `${units.get(unit) ?? ""}${file} ${hash}\n`);
  }
  return units;
};

export type Ended = { readonly code: number | null; readonly signal: string | null; readonly stderr: string };
export type Started = { readonly child: ChildProcess; readonly ended: Promise<Ended> };

/** Starts a writer, by a command that Node is put behind, if there is one. */
export const start = (writer: Writer, home: string, before: readonly string[] = []): Started => {
  mkdirSync(join(home, "tmp"), { recursive: true });
  const [command, ...args] = [...before, process.execPath, ...writer.args(home)];
  const child = spawn(command!, args, {
    cwd: home,
    env: { ...process.env, ...compileCache, NO_COLOR: "1", TMPDIR: join(home, "tmp"), OUT: join(home, "out") },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr!.on("data", (text) => (stderr += String(text)));
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, stderr }) as Ended);
  return { child, ended };
};

/** Runs a writer to its end. @throws Error with what it says, where it fails */
export const finish = async (writer: Writer, home: string): Promise<void> => {
  const { code, signal, stderr } = await start(writer, home).ended;
  if (code !== 0) throw new Error(`${writer.name}: the undisturbed run must succeed, got ${signal ?? code}: ${stderr}`);
};
