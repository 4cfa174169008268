import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** The beginning of a file's SHA-256. */
export const fingerprint = async (file: string | URL): Promise<string> =>
  createHash("sha256")
    .update(await readFile(file))
    .digest("hex")
    .slice(0, 16);
