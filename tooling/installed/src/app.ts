/** A folder as users have it: outside the repository, with the packed packages and the runtimes that their READMEs install. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { pack } from "./pack.ts";

const run = promisify(execFile);

export type App = {
  readonly folder: string;
  /** Writes a file into it. Gives its path. */
  readonly write: (file: string, content: string) => string;
};

export const appIn = (folder: string): App => ({
  folder,
  write: (file, content) => {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return path;
  },
});

type Versions = Readonly<Record<string, string>>;

/** The versions that the packages ask for as peers, or are tested with. */
const peers = (): readonly string[] =>
  ["backend-node", "backend-wasm", "transformers-js"].flatMap((name) => {
    const { peerDependencies, devDependencies } = JSON.parse(readFileSync(`packages/${name}/package.json`, "utf8")) as {
      readonly peerDependencies: Versions;
      readonly devDependencies?: Versions;
    };
    return Object.entries(peerDependencies).map(([peer, range]) => `${peer}@${devDependencies?.[peer] ?? range}`);
  });

/** What examples and READMEs ask for besides, by the manifests that have their versions. */
const besides = (): readonly string[] =>
  [
    ["package.json", "@langchain/core"],
    ["packages/ai-sdk/package.json", "ai"],
  ].map(([manifest, name]) => {
    const { devDependencies } = JSON.parse(readFileSync(manifest!, "utf8")) as { readonly devDependencies: Versions };
    return `${name}@${devDependencies[name!]}`;
  });

/** @returns the folder, and what removes it */
export const makeApp = async (): Promise<{ readonly folder: string; readonly remove: () => Promise<void> }> => {
  const folder = mkdtempSync(join(tmpdir(), "ropewalk-installed-"));
  // Hundreds of megabytes: vitest waits for its workers meanwhile, and says that they do not end if it cannot hear of it.
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    appIn(folder).write("package.json", JSON.stringify({ name: "app", private: true, type: "module" }));
    const tarballs = join(folder, "tarballs");
    mkdirSync(tarballs);
    const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error"];
    await run("npm", ["install", ...flags, ...(await pack(tarballs)), ...peers(), ...besides()], { cwd: folder });
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
};
