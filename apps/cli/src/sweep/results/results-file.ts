/** The file of a sweep's finished cells: whole lines, each on the disk before the next begins. */
import { readRecords, recordLine, type CellRecord, type Records, type SweepHeader } from "@ropewalk/evals";
import { lockFile } from "@ropewalk/models/node";
import { open, type FileHandle } from "node:fs/promises";

/** The sweep that a file must belong to. */
export type Whose = Omit<SweepHeader, "record" | "version">;

export type Results = {
  readonly records: Records;
  /** Writes a cell. When the promise resolves, the line is on the disk. */
  readonly append: (record: CellRecord) => Promise<void>;
  readonly close: () => Promise<void>;
};

const wordsOf = ({ code, message }: NodeJS.ErrnoException): string =>
  code !== undefined && !message.startsWith(code) ? `${code}: ${message}` : message;

/**
 * Reads the lines of a results file.
 *
 * @throws Error that names the file, and a line that is broken
 */
export const readResults = async (where: string, path: string): Promise<Records> => {
  const handle = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${where}: ${path} must be a readable file, got ${wordsOf(error)}`, { cause: error });
  });
  try {
    return readRecords(`${where}: ${path}`, await handle.readFile("utf8"));
  } finally {
    await handle.close();
  }
};

/** Appends lines. A line that a full disk cut off is removed again. */
const appender = (where: string, path: string, handle: FileHandle, length: number) => {
  let end = length;
  let before: Promise<void> = Promise.resolve();
  const write = async (line: string): Promise<void> => {
    const bytes = Buffer.from(line);
    try {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, end + done);
        done += bytesWritten;
      }
      await handle.sync();
      end += bytes.length;
    } catch (error) {
      await handle.truncate(end).catch(() => {});
      throw new Error(
        `${where}: ${path} must be writable, got ${wordsOf(error as NodeJS.ErrnoException)}; the cells in it are kept, and the same command goes on`,
        { cause: error },
      );
    }
  };
  // Lines of several workers are written one after another.
  return (line: string): Promise<void> => (before = before.then(() => write(line)));
};

/**
 * Opens or creates the file for one writer. Cells that the sweep no longer has are kept, since a sweep may grow and shrink.
 *
 * @param cells - the hashes of the sweep's cells
 * @param onTorn - called for a last line that was not written to its end
 * @throws Error when another process holds the file, a line is broken, or the file belongs to another sweep
 */
export const openResults = async (
  where: string,
  path: string,
  {
    whose,
    cells,
    onTorn,
  }: { readonly whose: Whose; readonly cells: ReadonlySet<string>; readonly onTorn: (characters: number) => void },
): Promise<Results> => {
  const lock = await lockFile(where, path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === undefined
      ? error
      : new Error(`${where}: ${path} must be a writable file, got ${wordsOf(error)}`, { cause: error });
  });
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "a").then(
      async (made) => {
        await made.close();
        return open(path, "r+");
      },
      (error: NodeJS.ErrnoException) => {
        throw new Error(`${where}: ${path} must be a writable file, got ${wordsOf(error)}`, { cause: error });
      },
    );
    if (!(await handle.stat()).isFile())
      throw new Error(`${where}: ${path} must be a file, got something else of this name`);
    const text = await handle.readFile("utf8");
    const records = readRecords(`${where}: ${path}`, text);
    const last = records.headers.at(-1);
    if (
      records.cells.size > 0 &&
      last?.sweep !== whose.sweep &&
      ![...records.cells.keys()].some((hash) => cells.has(hash))
    )
      throw new Error(
        `${where}: ${path} must be of this sweep (${whose.sweep.slice(0, 12)}), got ${records.cells.size} cells of another (${last?.sweep.slice(0, 12) ?? "unnamed"}) and none of its ${cells.size}; --output names another file`,
      );
    if (records.torn > 0) onTorn(records.torn);
    const whole = Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1));
    await handle.truncate(whole);
    const append = appender(where, path, handle, whole);
    if (last?.sweep !== whose.sweep) await append(recordLine({ record: "sweep", version: 1, ...whose }));
    const held = handle;
    return {
      records,
      append: (record) => append(recordLine(record)),
      close: async () => {
        await held.close();
        await lock.remove();
      },
    };
  } catch (error) {
    await handle?.close();
    await lock.remove();
    throw error;
  }
};
