/** A file's absolute path, from a path or a file: URL. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { check, checkPath, show } from "@ropewalk/check";

export const pathOfFile = (where: string, file: string | URL): string => {
  if (file instanceof URL) {
    check(file.protocol === "file:", `${where}: path must be a path or a file: URL`, file.href);
    const path = fileURLToPath(file);
    checkPath(where, "path", path);
    return resolve(path);
  }
  if (typeof file !== "string") throw new TypeError(`${where}: path must be a path or a file: URL, got ${show(file)}`);
  check(file !== "" && !file.includes("\0"), `${where}: path must be a file's path`, file);
  return resolve(file);
};
