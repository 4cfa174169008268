/** Which commit changed packages are counted from, and which packages have changed; and that each public package has a changelog. */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, describe, expect, it } from "vitest";
import { baseOf, changedPackages, gitIn } from "../src/changesets.ts";

type Manifest = { readonly name: string; readonly version: string; readonly private?: boolean };

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const temporary = (): string => {
  const folder = scratchFolder();
  folders.push(folder);
  return folder;
};

/** A repository of two packages, one of them private, with a first release. */
const repository = () => {
  const folder = temporary();
  const git = gitIn(folder);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const commit = (): string => {
    git("add", "--all");
    git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message", "a change");
    return git("rev-parse", "HEAD");
  };
  git("init", "--quiet", "--initial-branch=main");
  write("packages/a/package.json", JSON.stringify({ name: "a" }));
  write("packages/a/src/index.ts", "1");
  write("apps/b/package.json", JSON.stringify({ name: "b", private: true }));
  write("apps/b/src/index.ts", "1");
  commit();
  write("packages/a/CHANGELOG.md", "# a");
  return { folder, git, write, commit, released: commit() };
};

describe("changes are counted", () => {
  it("on main from the last release", () => {
    const { git, write, commit, released } = repository();
    write("packages/a/src/index.ts", "2");
    commit();
    expect(baseOf(git)).toEqual({ commit: released, why: "the last release" });
  });

  it("on a branch from where it left main", () => {
    const { git, write, commit } = repository();
    write("packages/a/src/index.ts", "2");
    const left = commit();
    git("checkout", "--quiet", "-b", "side");
    write("packages/a/src/index.ts", "3");
    commit();
    expect(baseOf(git)).toEqual({ commit: left, why: "where the branch left main" });
  });

  it("from a commit that was asked for", () => {
    const { git, released } = repository();
    expect(baseOf(git, "main")).toEqual({ commit: released, why: "as CHANGESET_BASE says" });
  });

  it("from nowhere without a history", () => {
    const { folder, git } = repository();
    const clone = temporary();
    git("clone", "--quiet", "--depth=1", `file://${folder}`, clone);
    expect(baseOf(gitIn(clone))).toBeUndefined();
    expect(baseOf(gitIn(temporary()))).toBeUndefined();
  });

  it("for public packages, in the files that users get", () => {
    const { folder, write, commit, released } = repository();
    const changed = () => changedPackages(folder, released, ["src/**", "package.json"]);
    write("packages/a/test/a.test.ts", "2");
    write("apps/b/src/index.ts", "2");
    commit();
    expect(changed()).toEqual([]);
    write("packages/a/src/deep/index.ts", "2");
    commit();
    expect(changed()).toEqual(["a"]);
  });
});

const manifests = globSync("{packages,apps}/*/package.json").map((path) => ({
  folder: dirname(path),
  ...(JSON.parse(readFileSync(path, "utf8")) as Manifest),
}));

it.each(manifests.filter((manifest) => manifest.private !== true))(
  "the changelog of $name begins with version $version",
  ({ folder, name, version }) => {
    const lines = readFileSync(join(folder, "CHANGELOG.md"), "utf8").split("\n");
    expect([lines[0], lines.find((line) => line.startsWith("## "))]).toEqual([`# ${name}`, `## ${version}`]);
  },
);
