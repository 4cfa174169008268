/** The repository's folder, for what is named by its path from there. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const repositoryRoot = new URL("../../../", import.meta.url);

/** The address of a path from the repository's root; a folder's path ends with a slash. */
export const inRepository = (path: string): URL => new URL(path, repositoryRoot);

/** The same as a path of the disk. */
export const repositoryPath = (path: string): string => fileURLToPath(inRepository(path));

export const readRepositoryText = (path: string): string => readFileSync(inRepository(path), "utf8");

export const readRepositoryJson = <T>(path: string): T => JSON.parse(readRepositoryText(path)) as T;
