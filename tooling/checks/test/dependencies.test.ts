/** Every dependency of a published package is counted and has its line, and advisories are told apart by whom they reach. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findings, type Report } from "../src/audit.ts";
import {
  dependencyProblems,
  installedWith,
  lockedPackages,
  numbersTable,
  page,
  published,
  type Locked,
  type Manifest,
} from "../src/dependencies.ts";

const of = (name: string, more: Partial<Manifest> = {}): Manifest => ({
  name,
  version: "1.0.0",
  license: "MIT",
  ...more,
});

/** One published package that uses `a`, which brings its own `b`, and the workspace's tools, which use another `b`. */
const packages = { "packages/own": of("@ropewalk/own", { dependencies: { a: "1.0.0", "@ropewalk/low": "^1.0.0" } }) };
const locked: Locked = {
  ...packages,
  "packages/low": of("@ropewalk/low", {
    peerDependencies: { p: "^1.0.0", q: "^1.0.0" },
    peerDependenciesMeta: { q: { optional: true } },
  }),
  "node_modules/@ropewalk/low": { ...of("@ropewalk/low"), link: true, resolved: "packages/low" },
  "node_modules/a": of("a", { dependencies: { b: "1.0.0" } }),
  "node_modules/a/node_modules/b": of("b"),
  "node_modules/b": of("b"),
  "node_modules/p": of("p"),
  "node_modules/q": of("q"),
};

describe("dependencies", () => {
  it("have each a line with reason and licence, and the page's numbers are right", () => {
    expect(dependencyProblems(published(), lockedPackages(), readFileSync(page, "utf8"))).toEqual([]);
    expect(Object.keys(published()).length).toBeGreaterThan(20);
  });

  it("are counted as npm installs them", () => {
    expect(installedWith(locked, "packages/own")).toEqual(
      new Set(["node_modules/a", "node_modules/a/node_modules/b", "packages/low", "node_modules/p"]),
    );
    expect(numbersTable(packages, locked)).toContain("| `@ropewalk/own` | 1 | 3 |");
  });

  it.each([
    ["", "packages/own: a must have a line in docs/dependencies.md"],
    ["- `a` (ISC): why.", "docs/dependencies.md: a must state its licence, (MIT)"],
    ["- `a` (MIT): why.\n- `z` (MIT): why.", "docs/dependencies.md: z has a line, and no published package uses it"],
  ])("are told from the page %j", (lines, problem) => {
    const text = `## Of the packages\n\n${lines}\n\n## Of development\n\n${numbersTable(packages, locked)}`;
    expect(dependencyProblems(packages, locked, text)).toEqual([problem]);
    const right = text.replace(lines, "- `a` (MIT): why.");
    if (lines !== "") expect(dependencyProblems(packages, locked, right)).toEqual([]);
  });

  it("have exact versions", () => {
    const loose = { "packages/own": of("@ropewalk/own", { dependencies: { a: "^1.0.0" } }) };
    const text = `## Of the packages\n\n- \`a\` (MIT): why.\n\n${numbersTable(loose, { ...locked, ...loose })}`;
    expect(dependencyProblems(loose, { ...locked, ...loose }, text)).toEqual([
      "packages/own: a must have an exact version, got ^1.0.0",
    ]);
  });
});

describe("an audit", () => {
  const report = (severity: string, node: string): Report => ({
    vulnerabilities: { b: { severity, nodes: [node], via: [{ title: "it is bad" }] } },
  });

  it("finds what reaches a user, from high on", () => {
    for (const severity of ["high", "critical"])
      expect(findings(packages, locked, report(severity, "node_modules/a/node_modules/b"))).toEqual([
        `b: ${severity}: it is bad; installed with @ropewalk/own`,
      ]);
    expect(findings(packages, locked, report("moderate", "node_modules/a/node_modules/b"))).toEqual([]);
    expect(findings(packages, locked, report("high", "node_modules/b"))).toEqual([]);
  });

  it("fails where the registry does not answer", () => {
    const error = { message: "405 Method Not Allowed", error: { summary: "" } };
    expect(findings(packages, locked, error)).toEqual([
      "audit: the registry must answer audits, got 405 Method Not Allowed",
    ]);
    expect(findings(packages, locked, {})).toHaveLength(1);
  });
});
