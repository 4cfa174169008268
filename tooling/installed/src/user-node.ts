/** The Node that a user has: the first on the PATH that the repository did not bring along; else the one that runs this. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export const userNode: string =
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((folder) => !folder.includes("node_modules"))
    .map((folder) => join(folder, "node"))
    .find((path) => existsSync(path)) ?? process.execPath;
