/**
 * Adds to package-lock.json the binaries for other platforms that npm left out.
 *
 * Where a registry does not carry a tool's binary for some platform, npm drops it from the lockfile and `npm ci` then refuses
 * the lockfile. An entry with the platform it is for is enough: npm passes over it elsewhere. Run after `npm install`.
 */
import { readFileSync, writeFileSync } from "node:fs";

type Entry = {
  readonly version: string;
  readonly optional?: boolean;
  readonly dev?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

type Lockfile = { packages: Record<string, Entry> };

const systems = [
  "android",
  "darwin",
  "freebsd",
  "linux",
  "openharmony",
  "win32",
  "windows",
  "sunos",
  "aix",
  "openbsd",
  "netbsd",
];
const processors = [
  "arm64",
  "armv7",
  "arm",
  "x64",
  "64",
  "ia32",
  "ppc64",
  "riscv64",
  "s390x",
  "loong64",
  "mips64el",
  "wasm32",
];

/** The platform in a binary package's name, such as `@oxlint/binding-linux-arm64-musl`. */
const platformOf = (name: string): Pick<Entry, "os" | "cpu"> | undefined => {
  const words = name.split("/").at(-1)!.split(/[-.]/);
  const system = systems.find((word) => words.includes(word));
  const processor = processors.find((word) => words.includes(word));
  if (system === undefined || processor === undefined) return undefined;
  return {
    os: [system === "windows" ? "win32" : system],
    cpu: [{ "64": "x64", armv7: "arm" }[processor] ?? processor],
  };
};

const path = "package-lock.json";
const lockfile = JSON.parse(readFileSync(path, "utf8")) as Lockfile;
let added = 0;
for (const { optionalDependencies = {}, dev } of Object.values(lockfile.packages))
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const platform = platformOf(name);
    // Ranges belong to ordinary optional packages; binaries are pinned.
    if (platform === undefined || !/^\d/.test(version) || `node_modules/${name}` in lockfile.packages) continue;
    lockfile.packages[`node_modules/${name}`] = { version, ...platform, ...(dev ? { dev } : {}), optional: true };
    added += 1;
  }
const [root, ...others] = Object.entries(lockfile.packages);
lockfile.packages = Object.fromEntries([root!, ...others.toSorted(([a], [b]) => a.localeCompare(b, "en"))]);
writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
console.log(`${path}: ${added} binaries for other platforms added`);
