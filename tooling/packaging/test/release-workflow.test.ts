/** The workflow that publishes: behind the check, with provenance, by hand, and with no more rights than it needs. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const workflow = readFileSync(".github/workflows/release.yml", "utf8");
const [, check, publish] = /\n {2}check:\n([\s\S]*)\n {2}publish:\n([\s\S]*)/.exec(workflow)!;

it("is started by hand, on main", () => {
  expect(workflow).toMatch(/^on:\n {2}workflow_dispatch:\n\n/m);
  expect(check).toContain("if: github.ref == 'refs/heads/main'");
});

it("publishes behind the check, with provenance", () => {
  expect(check).toContain("- run: npm run release:check\n");
  expect(publish).toMatch(/^ {4}needs: check\n/);
  expect(publish).toMatch(/- run: npx changeset publish\n {8}env:\n {10}NPM_CONFIG_PROVENANCE: "true"\n/);
});

it("only the job that publishes may write and prove who it is", () => {
  expect(workflow).toMatch(/^permissions:\n {2}contents: read\n\n/m);
  expect(check).not.toContain("permissions:");
  expect(publish).toMatch(/permissions:\n {6}contents: write .*\n {6}id-token: write .*\n {4}steps:/);
});

it("names every action by its commit", () => {
  const uses = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action!);
  expect(uses.length).toBeGreaterThan(3);
  expect(uses.filter((action) => !/@[0-9a-f]{40}$/.test(action))).toEqual([]);
});
