/** What a package's folder must have for those who find it on npm: a licence, where it is from, what its README installs. */
import { existsSync, readFileSync } from "node:fs";
import { importsOf, packageOf } from "./imports.ts";
import { snippetsOf } from "./snippets.ts";

const repository = "https://github.com/ropewalk/ropewalk";

/** The least version whose compiler reads the types; `npm run installed` tries it. */
export const leastTypeScript = "5.9";

type Manifest = {
  readonly name: string;
  readonly license?: string;
  readonly keywords?: readonly string[];
  readonly homepage?: string;
  readonly bugs?: string;
  readonly repository?: { readonly type?: string; readonly url?: string; readonly directory?: string };
};

const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

const manifestProblems = (folder: string, manifest: Manifest): readonly string[] => {
  const wanted = {
    license: "MIT",
    homepage: `${repository}/tree/main/${folder}#readme`,
    bugs: `${repository}/issues`,
    repository: { type: "git", url: `git+${repository}.git`, directory: folder },
  };
  const wrong = Object.entries(wanted).filter(
    ([key, value]) => JSON.stringify(manifest[key as keyof typeof wanted]) !== JSON.stringify(value),
  );
  return [
    ...wrong.map(([key, value]) => `package.json: ${key} must be ${JSON.stringify(value)}`),
    ...((manifest.keywords ?? []).length === 0 ? ["package.json: keywords must name what people look for"] : []),
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
