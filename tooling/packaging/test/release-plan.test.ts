import { describe, expect, it } from "vitest";
import { notesOf, planProblems, releasePlan } from "../src/release-plan.ts";
import { published } from "../src/published.ts";

describe("the next release", () => {
  const plan = releasePlan();

  it("has every package that is published, with a version below 1.0 and notes", () => {
    expect(plan.map(({ name }) => name).toSorted()).toEqual(published.map(({ name }) => name).toSorted());
    expect(planProblems(plan)).toEqual([]);
  });

  it("is the first one while no version is published: 0.1.0 each", () => {
    const unpublished = plan.filter(({ from }) => from === "0.0.0");
    expect(unpublished.filter(({ version }) => version !== "0.1.0")).toEqual([]);
    // Its notes are what the package is, and none of what changed before anybody had it.
    for (const { name, notes } of unpublished)
      expect([name, notes.replaceAll(/^- (First version|Updated dependencies).*/gm, "").match(/^- .*/gm)]).toEqual([
        name,
        null,
      ]);
    expect(unpublished.filter(({ notes }) => !notes.includes("- First version."))).toEqual([]);
  });
});

it("a version that nobody asked for, and one without notes, are told", () => {
  const planned = { name: "a", from: "0.1.0", version: "1.0.0", notes: "" };
  expect(planProblems([planned])).toEqual([
    "a: 0.1.0 would become 1.0.0; below 1.0 a minor may break its users",
    "a: 1.0.0 would have no notes",
  ]);
  expect(planProblems([{ ...planned, version: "0.1.0" }])).toEqual([]);
});

it("notes are those of one version", () => {
  const changelog = "# a\n\n## 0.2.0\n\n### Minor Changes\n\n- New.\n\n## 0.1.0\n\n- Old.\n";
  expect(notesOf(changelog, "0.2.0")).toBe("### Minor Changes\n\n- New.");
  expect(notesOf(changelog, "0.1.0")).toBe("- Old.");
  expect(notesOf(changelog, "0.3.0")).toBe("");
});
