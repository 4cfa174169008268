/** What runs on a hoster's machines is what `.ci/run` runs, on three systems, and no npm script needs a shell of Unix. */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const run = readFileSync(".ci/run", "utf8").replaceAll(/^\s*#.*$/gm, "");
const workflow = readFileSync(".github/workflows/ci.yml", "utf8");

/** The scripts of a shell script: `npm run x`, `npm test`, and the lists that it hands to its own `scripts`. */
const scriptsOfRun = (): ReadonlySet<string> =>
  new Set([
    ...[...run.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!),
    ...[...run.matchAll(/npm (test|ci)\b/g)].map(([, name]) => name!),
    ...[...run.matchAll(/^beside \w+ scripts (.+)$/gm)].flatMap(([, names]) => names!.split(" ")),
  ]);

const scriptsOfWorkflow = (): ReadonlySet<string> =>
  new Set([...workflow.matchAll(/- run: npm (?:run )?([\w:-]+)/g)].map(([, name]) => name!));

describe("the workflow", () => {
  it("runs every script that .ci/run runs, and the audit", () => {
    expect([...scriptsOfRun()].length).toBeGreaterThan(8);
    expect(new Set([...scriptsOfRun(), "audit"])).toEqual(scriptsOfWorkflow());
  });

  it("runs on Linux, macOS and Windows, may write nothing, and names every action by its commit", () => {
    expect(workflow).toContain("os: [ubuntu-latest, macos-latest, windows-latest]");
    expect(workflow).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    const uses = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action!);
    expect(uses.length).toBeGreaterThan(1);
    for (const action of uses) expect(action).toMatch(/@[0-9a-f]{40}$/);
  });
});

/** Words and signs that one shell knows and another does not. */
const foreign = [
  /(?:^|&&\s*)[A-Za-z_]\w*=/,
  /[$`';|<]|>(?!&)|(?<!&)&(?!&|\d)/,
  /(?:^|&&\s*)(?:rm|cp|mv|mkdir|cat|ls|test|touch|export|source|bash|sh|env|sed|grep|find|which)\s/,
];

const scripts = globSync(["package.json", "{packages,apps,tooling}/*/package.json", "docs/package.json"]).flatMap(
  (path) => {
    const stated = JSON.parse(readFileSync(path, "utf8")) as { readonly scripts?: Readonly<Record<string, string>> };
    return Object.entries(stated.scripts ?? {}).map(([name, script]) => [`${path}: ${name}`, script] as const);
  },
);

describe("an npm script", () => {
  it.each(scripts)("%s runs in any shell", (_, script) => {
    expect(foreign.filter((sign) => sign.test(script))).toEqual([]);
  });

  it("is recognised where it does not", () => {
    for (const script of [
      "A=1 vitest",
      "x && B=2 y",
      "rm -rf dist",
      "a | b",
      "a; b",
      "echo $A",
      "a 'b c'",
      "a & b",
      "a > b",
    ])
      expect(foreign.some((sign) => sign.test(script))).toBe(true);
    for (const script of ["a && b", "npm install --x=1 1>&2 && node a.ts", "node --conditions=@ropewalk/source a.ts"])
      expect(foreign.some((sign) => sign.test(script))).toBe(false);
  });
});
