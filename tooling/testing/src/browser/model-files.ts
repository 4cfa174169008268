/** The files of every model folder that a page may ask for: a page cannot look into a folder itself. */
import { readdirSync } from "node:fs";
import { repositoryPath } from "../repository.ts";
import { layeredCheckpoints, onnxExports, tinyCheckpoints } from "../vectors.ts";

const foldersWithin = (parent: string): readonly string[] =>
  readdirSync(repositoryPath(parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${parent}/${name}`);

const folders = [
  ...[tinyCheckpoints, layeredCheckpoints, onnxExports].flatMap(foldersWithin),
  "packages/tiny-models/passkey-875k",
  "packages/tiny-models/stories260K",
];

/** File names by folder, each folder by its path from the repository's root. */
export const modelFiles: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  folders.map((folder) => [folder, readdirSync(repositoryPath(folder))]),
);
