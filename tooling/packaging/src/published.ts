/** The packages that are published, as their manifests tell of them; from the repository's root. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A file, or files by condition, of which one may hold others. */
export type Target = string | { readonly [condition: string]: Target };

export type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly license?: string;
  readonly keywords?: readonly string[];
  readonly description?: string;
  readonly homepage?: string;
  readonly bugs?: string;
  readonly repository?: { readonly type?: string; readonly url?: string; readonly directory?: string };
  readonly files?: readonly string[];
  readonly sideEffects?: boolean | readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
  readonly publishConfig?: Readonly<Record<string, unknown>>;
  readonly exports?: Readonly<Record<string, Target>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
};

export type Package = {
  readonly name: string;
  /** In the repository. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Entries with code, as a program imports them, such as `@ropewalk/rope/onnx`. */
  readonly entries: readonly string[];
};

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

export const published: readonly Package[] = [...globSync("packages/*"), ...globSync("apps/*")]
  .filter((folder) => existsSync(join(folder, "package.json")))
  .map((folder) => folder.replaceAll("\\", "/"))
  .toSorted()
  .map((folder) => ({ folder, manifest: manifestOf(folder) }))
  .filter(({ manifest }) => manifest.private !== true)
  .map(({ folder, manifest }) => ({
    name: manifest.name,
    folder,
    manifest,
    entries: Object.entries(manifest.exports ?? {})
      .filter(([, target]) => typeof target === "object")
      .map(([entry]) => manifest.name + entry.slice(1)),
  }));
