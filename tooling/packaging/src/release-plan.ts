/**
 * What a release would publish (`npm run release:plan`): `changeset version` is run on a copy of the manifests and changesets, and
 * the versions and notes that it writes are shown. The tree stays as it is.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Manifest } from "./published.ts";

export type Planned = {
  readonly name: string;
  readonly from: string;
  readonly version: string;
  /** What its changelog says of this version; empty where it stays as it is. */
  readonly notes: string;
};

const read = (path: string): string => (existsSync(path) ? readFileSync(path, "utf8") : "");

/** The part of a changelog about one version. */
export const notesOf = (changelog: string, version: string): string => {
  const [, ...parts] = changelog.split(/^## /m);
  const part = parts.find((text) => text.startsWith(`${version}\n`)) ?? "";
  return part.slice(version.length).trim();
};

/** Of every package that is published, from the repository's root. */
export const releasePlan = (): readonly Planned[] => {
  const copy = mkdtempSync(join(tmpdir(), "ropewalk-release-"));
  try {
    const workspaces = globSync("{packages,apps,tooling,docs}/{package.json,*/package.json,*/CHANGELOG.md}");
    const files = [...workspaces, "package.json", "package-lock.json", ".changeset"];
    for (const file of files) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      cpSync(file, join(copy, file), { recursive: true });
    }
    symlinkSync(join(process.cwd(), "node_modules"), join(copy, "node_modules"), "junction");
    // A changelog's entries are found by the commits that added them: there is one.
    const author = ["-c", "user.name=plan", "-c", "user.email=plan@example.org"];
    for (const args of [
      ["init", "--quiet"],
      ["add", ...files],
      [...author, "commit", "--quiet", "--message", "plan"],
    ])
      spawnSync("git", args, { cwd: copy });
    const version = spawnSync(
      process.execPath,
      [join(process.cwd(), "node_modules/@changesets/cli/bin.js"), "version"],
      {
        cwd: copy,
        encoding: "utf8",
      },
    );
    if (version.status !== 0) throw new Error(`changeset version failed: ${version.stderr}${version.stdout}`);
    const manifestIn = (root: string, path: string): Manifest => JSON.parse(read(join(root, path))) as Manifest;
    return globSync("{packages,apps}/*/package.json")
      .toSorted()
      .map((path) => ({ path, before: manifestIn(".", path), after: manifestIn(copy, path) }))
      .filter(({ before }) => before.private !== true)
      .map(({ path, before, after }) => ({
        name: before.name,
        from: before.version,
        version: after.version,
        notes:
          before.version === after.version
            ? ""
            : notesOf(read(join(copy, dirname(path), "CHANGELOG.md")), after.version),
      }));
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
};

/** What is wrong with a plan: a version that nobody asked for, or one without a word about it. */
export const planProblems = (plan: readonly Planned[]): readonly string[] =>
  plan.flatMap(({ name, from, version, notes }) => [
    ...(from.startsWith("0.") && !version.startsWith("0.")
      ? [`${name}: ${from} would become ${version}; below 1.0 a minor may break its users`]
      : []),
    ...(from !== version && notes === "" ? [`${name}: ${version} would have no notes`] : []),
  ]);

if (import.meta.main) {
  const plan = releasePlan();
  const released = plan.filter(({ from, version }) => from !== version);
  // Packages of one changeset have its notes in common: they are shown once, without the line of each about its dependencies.
  const ownNotes = (planned: Planned): string =>
    planned.notes.replace(/\s*### Patch Changes\s+- Updated dependencies: .*$/, "");
  for (const notes of new Set(released.map(ownNotes))) {
    const alike = released.filter((planned) => ownNotes(planned) === notes);
    console.log(
      `${alike.map(({ name, version }) => `${name} ${version}`).join("\n")}\n\n${notes.replaceAll(/^/gm, "    ")}\n`,
    );
  }
  const problems = planProblems(plan);
  for (const problem of problems) console.error(problem);
  console.log(`release: ${released.length} of ${plan.length} packages, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
