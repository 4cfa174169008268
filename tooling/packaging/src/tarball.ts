/** What npm would put into a package's tarball, and what is wrong with it. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { budgets } from "./budgets.ts";
import type { Package, Target } from "./published.ts";

const run = promisify(execFile);

export type Tarball = { readonly bytes: number; readonly files: readonly string[] };

type Packed = { readonly name: string; readonly size: number; readonly files: readonly { readonly path: string }[] };

/** By package, without writing any. */
export const tarballs = async (packages: readonly Package[]): Promise<ReadonlyMap<string, Tarball>> => {
  const folders = packages.map(({ folder }) => `./${folder}`);
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", ...folders], {
    maxBuffer: 2 ** 26,
    shell: process.platform === "win32",
  });
  return new Map(
    (JSON.parse(stdout) as readonly Packed[]).map(({ name, size, files }) => [
      name,
      { bytes: size, files: files.map(({ path }) => path) },
    ]),
  );
};

const leaves = (target: Target): readonly string[] =>
  typeof target === "string" ? [target] : Object.values(target).flatMap(leaves);

/** The source of a built file: `dist/a/b.d.ts.map` is built from `src/a/b.ts`. */
export const sourceOf = (built: string): string =>
  built.replace(/^dist\//, "src/").replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");

/** @param exists - whether the package's folder has a file */
export const tarballProblems = (
  { name, manifest }: Pick<Package, "name" | "manifest">,
  { bytes, files }: Tarball,
  exists: (path: string) => boolean,
): readonly string[] => {
  const has = new Set(files);
  const budget = budgets[name]?.tarball;
  const targets = [...Object.values(manifest.exports ?? {}).flatMap(leaves), ...Object.values(manifest.bin ?? {})]
    .filter((path) => !path.includes("*"))
    .map((path) => path.replace(/^\.\//, ""));
  return [
    ...["LICENSE", "README.md", "package.json", ...targets]
      .filter((path) => !has.has(path))
      .map((path) => `tarball: ${path} must be in it`),
    ...files
      .filter((path) => /(^|\/)(test|node_modules|\.turbo)\/|\.tsbuildinfo$|\.test\./.test(path))
      .map((path) => `tarball: ${path} must not be in it`),
    ...files
      .filter((path) => path.startsWith("dist/") && !exists(sourceOf(path)))
      .map((path) => `tarball: ${path} must have its source, ${sourceOf(path)}; npm run build:packages removes it`),
    ...(budget === undefined || bytes > budget
      ? [`tarball: its size must be at most ${budget} bytes (tooling/packaging/src/budgets.ts), got ${bytes}`]
      : []),
  ];
};

export const problemsOfTarball = (each: Package, tarball: Tarball): readonly string[] =>
  tarballProblems(each, tarball, (path) => existsSync(`${each.folder}/${path}`));
