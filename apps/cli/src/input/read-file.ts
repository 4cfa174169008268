/** Reads a file by its path, or standard input, whose path is `-`. */
import { fstatSync } from "node:fs";
import { readFile } from "node:fs/promises";

/** The path that stands for standard input. */
export const standardInput = "-";

/** The name of the file in messages. */
const named = (path: string): string => (path === standardInput ? "standard input" : path);

const readStandardInput = async (): Promise<Buffer> => {
  // Node reads a folder as an empty input.
  if (fstatSync(0).isDirectory()) throw Object.assign(new Error("a folder"), { code: "EISDIR" });
  const parts: Buffer[] = [];
  // Read as a stream: to read an empty non-blocking pipe as a file is an error.
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

/**
 * The text of a file.
 *
 * @param flag - which one named it, for the message
 * @throws Error when it cannot be read, TypeError when it is no UTF-8
 */
export const readText = async (flag: string, path: string): Promise<string> => {
  const read = path === standardInput ? readStandardInput() : readFile(path);
  const bytes = await read.catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${flag}: ${named(path)} must be a readable file, got ${error.code ?? error.message}`, {
      cause: error,
    });
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new TypeError(`${flag}: ${named(path)} must be text in UTF-8, got other bytes`, { cause: error });
  }
};

/** The JSON of a file. */
export const readJson = async (flag: string, path: string): Promise<unknown> => {
  const text = await readText(flag, path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${flag}: ${named(path)} must be JSON, got ${(error as Error).message}`, { cause: error });
  }
};
