/**
 * What the published packages depend on, each with its line in docs/dependencies.md, and how many packages come with each. Printed by
 * `npm run dependencies`.
 */
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";

type Versions = Readonly<Record<string, string>>;

export type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly dependencies?: Versions;
  readonly devDependencies?: Versions;
  readonly optionalDependencies?: Versions;
  readonly peerDependencies?: Versions;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
};

/** The packages of a lockfile, by their places. */
export type Locked = Readonly<Record<string, Manifest>>;

export const page = "docs/dependencies.md";

const isOurs = (name: string): boolean => name === "ropewalk" || name.startsWith("@ropewalk/");

/** The published packages, by their folders. */
export const published = (): Readonly<Record<string, Manifest>> =>
  Object.fromEntries(
    globSync(["packages/*/package.json", "apps/*/package.json"])
      .map((path) => path.replaceAll("\\", "/"))
      .toSorted()
      .map((path) => [posix.dirname(path), JSON.parse(readFileSync(path, "utf8")) as Manifest] as const)
      .filter(([, manifest]) => manifest.private !== true),
  );

export const lockedPackages = (): Locked =>
  (JSON.parse(readFileSync("package-lock.json", "utf8")) as { readonly packages: Locked }).packages;

/** Everything that a package runs with: also what its user installs, also where it is optional. */
const stated = ({ dependencies, optionalDependencies, peerDependencies }: Manifest): Versions => ({
  ...peerDependencies,
  ...optionalDependencies,
  ...dependencies,
});

/** What npm installs with a package: peers too, but for those that are optional. */
const installed = ({ peerDependencies = {}, peerDependenciesMeta, ...manifest }: Manifest): readonly string[] => [
  ...Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }),
  ...Object.keys(peerDependencies).filter((name) => peerDependenciesMeta?.[name]?.optional !== true),
];

/** The place of a package as another finds it: in its own folder, or in one of those around it. */
const placeOf = (locked: Locked, from: string, name: string): string | undefined => {
  for (let folder = from; ; folder = posix.dirname(folder)) {
    const place = posix.join(folder, "node_modules", name);
    if (locked[place] !== undefined) return locked[place].link === true ? locked[place].resolved! : place;
    if (folder === ".") return undefined;
  }
};

/** The places of all packages that are installed with the one at a place. */
export const installedWith = (locked: Locked, start: string): ReadonlySet<string> => {
  const places = new Set<string>();
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const name of installed(locked[at]!)) {
      const place = placeOf(locked, at, name);
      if (place === undefined || places.has(place)) continue;
      places.add(place);
      open.push(place);
    }
  return places;
};

const isOutside = (place: string): boolean => place.includes("node_modules/");

/** The table of numbers, as the page has it. */
export const numbersTable = (packages: Readonly<Record<string, Manifest>>, locked: Locked): string => {
  const rows = Object.entries(packages).map(([folder, manifest]) => {
    const own = Object.keys(stated(manifest)).filter((name) => !isOurs(name)).length;
    const all = [...installedWith(locked, folder)].filter(isOutside).length;
    return { name: manifest.name, own, all };
  });
  const alone = rows.filter(({ all, own }) => all === 0 && own === 0).map(({ name }) => `\`${name}\``);
  return [
    "| package | names from outside | installed from outside |",
    "| --- | --- | --- |",
    ...rows
      .filter(({ all, own }) => all > 0 || own > 0)
      .map(({ name, own, all }) => `| \`${name}\` | ${own} | ${all} |`),
    `| ${alone.join(", ")} | 0 | 0 |`,
  ].join("\n");
};

type Line = { readonly names: readonly string[]; readonly head: string; readonly line: string };

/** The lines of the page's sections about what is published. */
const linesOf = (text: string): readonly Line[] =>
  text
    .split(/^## /m)
    .filter((section) => /^Of the (packages|command line)\n/.test(section))
    .flatMap((section) => section.split("\n"))
    .filter((line) => line.startsWith("- "))
    .map((line) => {
      const head = line.slice(0, line.indexOf("): ") + 1);
      return { line, head, names: [...head.matchAll(/`([^`]+)`/g)].map(([, name]) => name!) };
    });

/** Licences as the page writes them: `Apache-2.0 and BSD-3-Clause`. */
const licenceOf = (license = ""): string => license.replaceAll(/[()]/g, "").replaceAll(" AND ", " and ");

/** What is wrong: a dependency without a line, a line without a dependency, another licence, a version that is not exact. */
export const dependencyProblems = (
  packages: Readonly<Record<string, Manifest>>,
  locked: Locked,
  text: string,
): readonly string[] => {
  const lines = linesOf(text);
  const problems: string[] = [];
  const used = new Set<string>();
  for (const [folder, manifest] of Object.entries(packages)) {
    for (const name of Object.keys(stated(manifest)).filter((each) => !isOurs(each))) {
      used.add(name);
      const line = lines.find(({ names }) => names.includes(name));
      if (line === undefined) problems.push(`${folder}: ${name} must have a line in ${page}`);
      const place = placeOf(locked, folder, name);
      const licence = licenceOf(place === undefined ? undefined : locked[place]!.license);
      if (line !== undefined && place !== undefined && !line.head.includes(`(${licence})`))
        problems.push(`${page}: ${name} must state its licence, (${licence})`);
    }
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
      if (!isOurs(name) && !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
        problems.push(`${folder}: ${name} must have an exact version, got ${version}`);
    for (const name of Object.keys(manifest.devDependencies ?? {})) used.add(name);
  }
  for (const { names } of lines)
    for (const name of names)
      if (!used.has(name)) problems.push(`${page}: ${name} has a line, and no published package uses it`);
  if (!text.includes(numbersTable(packages, locked)))
    problems.push(`${page}: the numbers must be those that npm run dependencies prints`);
  return problems;
};

if (import.meta.main) {
  const [packages, locked] = [published(), lockedPackages()];
  console.log(numbersTable(packages, locked));
  const problems = dependencyProblems(packages, locked, readFileSync(page, "utf8"));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
