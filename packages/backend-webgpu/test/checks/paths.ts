/** The folders whose files a check may ask for, from the repository's root. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../../", import.meta.url));

const parents = [
  ...["packages/models/test/vectors/tiny", "packages/models/test/vectors/layered"],
  "packages/onnx-exports/test/vectors",
];

const folders = [
  ...parents.flatMap((parent) =>
    readdirSync(`${root}${parent}`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${parent}/${name}`),
  ),
  "packages/tiny-models/passkey-875k",
  "packages/tiny-models/stories260K",
];

/** Their files, by folder: a page cannot look into one. */
export const filesOf: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  folders.map((folder) => [folder, readdirSync(`${root}${folder}`)]),
);
