/** Which commit changed packages are counted from, and which packages have changed. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterAll, describe, expect, it } from "vitest";
import { baseOf, changedPackages, gitIn } from "../src/changesets.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const temporary = (): string => {
  const folder = scratchFolder();
  folders.push(folder);
  return folder;
};

/** A repository of two packages, one of them private; and what makes a first release. */
const unreleased = () => {
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
  write(".changeset/first.md", "a");
  const first = commit();
  return { folder, git, write, commit, first };
};

const release = ({ folder, write, commit }: ReturnType<typeof unreleased>): string => {
  write("packages/a/CHANGELOG.md", "# a");
  rmSync(join(folder, ".changeset"), { recursive: true });
  return commit();
};

const repository = () => {
  const made = unreleased();
  return { ...made, released: release(made) };
};

describe("changes are counted", () => {
  it("on main from the last release", () => {
    const { git, write, commit, released } = repository();
    write("packages/a/src/index.ts", "2");
    commit();
    expect(baseOf(git)).toEqual({ commit: released, why: "the last release" });
  });

  it("before the first release from the first commit, on a branch as well", () => {
    const { git, write, commit, first } = unreleased();
    const why = "the first commit: nothing is released yet";
    // A room that comes with a changelog of its own is no release.
    write("packages/c/CHANGELOG.md", "# c");
    commit();
    expect(baseOf(git)).toEqual({ commit: first, why });
    git("checkout", "--quiet", "-b", "side");
    write("packages/a/src/index.ts", "2");
    commit();
    expect(baseOf(git)).toEqual({ commit: first, why });
  });

  it("on a branch that makes a release from there", () => {
    const made = repository();
    made.git("checkout", "--quiet", "-b", "side");
    made.write(".changeset/second.md", "a");
    made.commit();
    made.write("packages/a/CHANGELOG.md", "# a, more");
    rmSync(join(made.folder, ".changeset"), { recursive: true });
    const released = made.commit();
    expect(baseOf(made.git)).toEqual({ commit: released, why: "the last release" });
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
