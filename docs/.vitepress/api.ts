/** The API of every entry of every package, a page an entry, out of the sources' types and comments: `docs/api`. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, type TypeDocOptions } from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";

const root = fileURLToPath(new URL("../../", import.meta.url));
const out = join(root, "docs/api");

type Target = string | { readonly [condition: string]: Target };
type Manifest = { readonly name: string; readonly exports?: Readonly<Record<string, Target>> };

/** The source of an entry; of one that has several, the last, which is Node's. */
const sourceOf = (target: Target): string | undefined => {
  if (typeof target === "string") return undefined;
  const source = target["@ropewalk/source"];
  if (typeof source === "string") return source;
  const nested = Object.values(source ?? target);
  return nested
    .map((each) => (typeof each === "string" && each.endsWith(".ts") ? each : sourceOf(each)))
    .findLast(Boolean);
};

/** Entries by the name that they are imported by. */
const entries = globSync("packages/*/package.json", { cwd: root })
  .toSorted()
  .flatMap((path) => {
    const { name, exports = {} } = JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest;
    return Object.entries(exports).flatMap(([entry, target]) => {
      const source = sourceOf(target);
      return source === undefined ? [] : [{ name: name + entry.slice(1), file: join(root, dirname(path), source) }];
    });
  });

const options: TypeDocOptions & Partial<PluginOptions> = {
  entryPoints: entries.map(({ file }) => file),
  tsconfig: join(root, "docs/tsconfig.api.json"),
  plugin: ["typedoc-plugin-markdown"],
  out,
  name: "API",
  readme: "none",
  basePath: root,
  // `npm run typecheck` has looked at all of it.
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  cleanOutputDir: true,
  entryFileName: "index",
  githubPages: false,
  router: "module",
  hideBreadcrumbs: true,
  hidePageHeader: true,
  hideGroupHeadings: false,
  useCodeBlocks: true,
  expandObjects: true,
  parametersFormat: "table",
  propertiesFormat: "table",
  typeDeclarationFormat: "table",
  logLevel: "Error",
};

const app = await Application.bootstrapWithPlugins(options as TypeDocOptions);
const project = await app.convert();
if (project === undefined) throw new Error("api: the sources must be read");
// TypeDoc calls a module by its file's path.
for (const module of project.children ?? []) {
  const entry = entries.find(({ file }) => relative(root, file).replace(/(?:\/index)?\.ts$/, "") === module.name);
  if (entry === undefined) throw new Error(`api: ${module.name} must be the source of an entry`);
  module.name = entry.name;
}
await app.generateOutputs(project);
