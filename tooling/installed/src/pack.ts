/** The packages as npm would publish them. */
import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export type Package = {
  readonly name: string;
  /** In the repository. */
  readonly folder: string;
  /** Entries as a program imports them, such as `@ropewalk/rope/onnx`. */
  readonly entries: readonly string[];
};

type Manifest = {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
};

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/** Every package that is published, from the repository's root. */
export const packages: readonly Package[] = [...globSync("packages/*"), ...globSync("apps/*")]
  .filter((folder) => existsSync(join(folder, "package.json")) && manifestOf(folder).private !== true)
  .toSorted()
  .map((folder) => {
    const { name, exports = {} } = manifestOf(folder);
    const entries = Object.entries(exports).filter(([, target]) => typeof target === "object");
    return { name, folder, entries: entries.map(([entry]) => name + entry.slice(1)) };
  });

/** Packs what is built. Gives the tarballs' paths. */
export const pack = async (into: string): Promise<readonly string[]> => {
  const folders = packages.map(({ folder }) => `./${folder}`);
  const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", into, ...folders], {
    maxBuffer: 2 ** 26,
  });
  return (JSON.parse(stdout) as readonly { readonly filename: string }[]).map(({ filename }) => join(into, filename));
};
