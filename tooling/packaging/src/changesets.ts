/**
 * Fails when a public package has changed and no changeset names it (`npm run changesets`). Changesets' own `status` reads the entries;
 * it is content with one entry for any number of packages, so the packages are compared here.
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The commit that changes are counted from, and in words why that one. */
export type Base = { readonly commit: string; readonly why: string };

type Git = (...args: readonly string[]) => string;

/** Git in that folder; what fails gives an empty text. */
export const gitIn =
  (folder: string): Git =>
  (...args) => {
    const { status, stdout } = spawnSync("git", ["-C", folder, ...args], { encoding: "utf8" });
    return status === 0 ? stdout.trim() : "";
  };

/** `release:version` writes changelogs and takes the changesets away, in one commit; a room that is new brings none of its own. */
const lastRelease = (git: Git): string | undefined =>
  git("log", "--format=%H", "--diff-filter=AM", "--", "packages/*/CHANGELOG.md", "apps/*/CHANGELOG.md")
    .split("\n")
    .find(
      (commit) =>
        commit !== "" &&
        git("diff", "--name-only", "--diff-filter=D", `${commit}~`, commit, "--", ".changeset/*.md") !== "",
    );

/**
 * On a branch: where it left main. On main itself, and on a branch with a release: the last release. Before the first release
 * everything counts, and the changesets are that release's notes.
 * @param asked - a commit, branch or tag that somebody named instead
 * @returns undefined where the history is not there: outside of a repository, and in a shallow clone
 */
export const baseOf = (git: Git, asked?: string): Base | undefined => {
  if (asked !== undefined) return { commit: git("merge-base", asked, "HEAD") || asked, why: "as CHANGESET_BASE says" };
  if (git("rev-parse", "--is-shallow-repository") !== "false") return undefined;
  const released = lastRelease(git);
  if (released === undefined) {
    const [first] = git("rev-list", "--max-parents=0", "HEAD").split("\n");
    return first ? { commit: first, why: "the first commit: nothing is released yet" } : undefined;
  }
  const head = git("rev-parse", "HEAD");
  for (const main of ["origin/main", "main"]) {
    const left = git("merge-base", main, "HEAD");
    const isBehind = git("rev-list", "--count", `${released}..${left}`) !== "0";
    if (left !== "" && left !== head && isBehind) return { commit: left, why: `where the branch left ${main}` };
  }
  return { commit: released, why: "the last release" };
};

type Manifest = { readonly name: string; readonly private?: boolean };

/** The public packages in which a file that the patterns name has changed since the commit. */
export const changedPackages = (root: string, commit: string, patterns: readonly string[]): readonly string[] => {
  const git = gitIn(root);
  return globSync("{packages,apps}/*/package.json", { cwd: root })
    .map((path) => path.replaceAll("\\", "/"))
    .toSorted()
    .filter((path) => {
      const folder = path.slice(0, -"/package.json".length);
      const files = patterns.map((pattern) => `:(glob)${folder}/${pattern}`);
      return git("diff", "--name-only", commit, "--", ...files) !== "";
    })
    .map((path) => JSON.parse(readFileSync(join(root, path), "utf8")) as Manifest)
    .filter((manifest) => manifest.private !== true)
    .map(({ name }) => name);
};

type Plan = { readonly changesets: readonly { readonly releases: readonly { readonly name: string }[] }[] };

/** What `changeset status` says of the entries that were added since the commit; that there are none is an error there. */
const planSince = (commit: string): Plan => {
  const folder = mkdtempSync(join(tmpdir(), "ropewalk-changesets-"));
  const output = join(folder, "plan.json");
  try {
    const { stdout, stderr } = spawnSync("changeset", ["status", `--since=${commit}`, `--output=${output}`], {
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    if (existsSync(output)) return JSON.parse(readFileSync(output, "utf8")) as Plan;
    if (`${stdout}${stderr}`.includes("no changesets were found")) return { changesets: [] };
    throw new Error(`changeset status failed: ${stderr}${stdout}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

if (import.meta.main) {
  const base = baseOf(gitIn("."), process.env["CHANGESET_BASE"]);
  if (base === undefined) {
    console.log("changesets: not asked for, as the history is not here; fetch all of it, or set CHANGESET_BASE");
  } else {
    const { changedFilePatterns } = JSON.parse(readFileSync(".changeset/config.json", "utf8")) as {
      readonly changedFilePatterns: readonly string[];
    };
    const changed = changedPackages(".", base.commit, changedFilePatterns);
    const named = new Set(
      changed.length === 0
        ? []
        : planSince(base.commit).changesets.flatMap(({ releases }) => releases.map(({ name }) => name)),
    );
    const unnamed = changed.filter((name) => !named.has(name));
    const since = `since ${base.commit.slice(0, 7)} (${base.why})`;
    for (const name of unnamed) console.error(`${name} has changed ${since}, and no changeset names it`);
    if (unnamed.length > 0) console.error("npm run changeset writes one; it counts from when git knows it (git add)");
    console.log(`changesets: ${changed.length} packages changed ${since}, ${unnamed.length} without a changeset`);
    process.exitCode = unnamed.length > 0 ? 1 : 0;
  }
}
