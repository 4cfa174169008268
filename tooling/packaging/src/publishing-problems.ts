/** What a package's folder must have for those who find it on npm: a licence, a whole manifest, a README that installs what it shows. */
import { existsSync, readFileSync } from "node:fs";
import { importsOf, packageOf } from "../../checks/src/imports.ts";
import { snippetsOf } from "../../checks/src/snippets.ts";
import type { Manifest, Target } from "./published.ts";

const repository = "https://github.com/ropewalk/ropewalk";

/** The least version whose compiler reads the types; `npm run installed` tries it. */
export const leastTypeScript = "5.9";

const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

/** The targets of an entry, condition by condition. */
const leaves = (target: Target): readonly string[] =>
  typeof target === "string" ? [target] : Object.values(target).flatMap(leaves);

/** Objects that hold files themselves, such as `{ types, default }`. */
const branches = (target: Target): readonly Readonly<Record<string, Target>>[] =>
  typeof target === "string"
    ? []
    : [
        ...(Object.values(target).some((value) => typeof value === "string") ? [target] : []),
        ...Object.values(target).flatMap(branches),
      ];

const exportProblems = (entry: string, target: Target): readonly string[] => [
  ...leaves(target)
    .filter((file) => !file.startsWith("./"))
    .map((file) => `package.json: exports[${entry}] must begin with ./, got ${file}`),
  ...branches(target).flatMap((branch) => {
    const { types, default: code } = branch;
    const fits = typeof types === "string" && typeof code === "string" && types === code.replace(/\.js$/, ".d.ts");
    const order = Object.keys(branch);
    const built = typeof code === "string" && code.startsWith("./dist/");
    return fits && built && order.indexOf("types") < order.indexOf("default") && order.at(-1) === "default"
      ? []
      : [
          `package.json: exports[${entry}] must have types, then default last, of one file in dist, got ${JSON.stringify(branch)}`,
        ];
  }),
];

const manifestProblems = (folder: string, manifest: Manifest): readonly string[] => {
  const wanted = {
    type: "module",
    license: "MIT",
    homepage: `${repository}/tree/main/${folder}#readme`,
    bugs: `${repository}/issues`,
    repository: { type: "git", url: `git+${repository}.git`, directory: folder },
    publishConfig: { access: "public", provenance: true },
  };
  const wrong = Object.entries(wanted).filter(
    ([key, value]) => JSON.stringify(manifest[key as keyof typeof wanted]) !== JSON.stringify(value),
  );
  const { exports: entries = {}, keywords = [], description = "", files = [], sideEffects, engines = {} } = manifest;
  const must = (holds: boolean, rule: string): readonly string[] => (holds ? [] : [`package.json: ${rule}`]);
  return [
    ...wrong.map(([key, value]) => `package.json: ${key} must be ${JSON.stringify(value)}`),
    ...must(keywords.length > 0, "keywords must name what people look for"),
    ...must(/^.{20,}[^.]$/.test(description), "description must be a sentence's worth without its dot"),
    ...must(/^>=2[024]$/.test(engines["node"] ?? ""), "engines must name the least Node: >=20, >=22 or >=24"),
    ...must(files.includes("dist") && files.includes("src"), "files must name dist, and src for the source maps"),
    ...must(
      Object.keys(entries).length === 0 || sideEffects === false || Array.isArray(sideEffects),
      "sideEffects must be false, or name the files that have some",
    ),
    ...must(
      Object.keys(entries).length > 0 || Object.keys(manifest.bin ?? {}).length > 0,
      "exports or bin must name what the package has",
    ),
    ...Object.entries(entries)
      .filter(([, target]) => typeof target === "object")
      .flatMap(([entry, target]) => exportProblems(entry, target)),
  ];
};

/** Packages that a README's `npm install` lines name, without their versions. */
export const installedBy = (readme: string): readonly string[] =>
  [...readme.matchAll(/^npm install (.+)$/gm)].flatMap(([, names]) =>
    names!
      .replace(/\s+#.*$/, "")
      .split(" ")
      .map((name) => name.replace(/(?<=.)@.*$/, "")),
  );

const readmeProblems = (folder: string, name: string): readonly string[] => {
  const readme = read(`${folder}/README.md`);
  const installed = new Set(["node:", name, ...installedBy(readme)]);
  const used = snippetsOf(`${folder}/README.md`).flatMap(({ code }) => importsOf(code).map(packageOf));
  const missing = [...new Set(used)].filter((target) => target !== undefined && !installed.has(target));
  return [
    ...(missing.length > 0 ? [`README.md: npm install must name what its examples import: ${missing.join(" ")}`] : []),
    ...(folder.startsWith("packages/") && !readme.includes(`TypeScript ${leastTypeScript} or later`)
      ? [`README.md: must say that types need TypeScript ${leastTypeScript} or later`]
      : []),
  ];
};

/** Whatever is missing from a published package's folder, from the repository's root. */
export const publishingProblems = (folder: string): readonly string[] => {
  const manifest = JSON.parse(read(`${folder}/package.json`)) as Manifest;
  const licence = read(`${folder}/LICENSE`) === read("LICENSE") ? [] : ["LICENSE: must be the repository's"];
  return [...licence, ...manifestProblems(folder, manifest), ...readmeProblems(folder, manifest.name)];
};
