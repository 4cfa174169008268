import { describe, expect, it } from "vitest";
import { budgets } from "../src/budgets.ts";
import { published } from "../src/published.ts";
import { ownSize, primitives, readmes, sizeOf, statedSizes } from "../src/size.ts";

const entries = published.flatMap((each) => each.entries);

it("every package and every entry has a budget", () => {
  expect(Object.keys(budgets).toSorted()).toEqual(published.map(({ name }) => name).toSorted());
  const budgeted = Object.entries(budgets).flatMap(([name, budget]) =>
    Object.keys(budget.entries).map((entry) => name + entry.slice(1)),
  );
  expect(budgeted.toSorted()).toEqual(entries.toSorted());
});

it("of an entry above 20 KB, one of several names is at most a third", () => {
  const large = Object.entries(budgets).flatMap(([name, { entries: each }]) =>
    Object.entries(each)
      .filter(([, { all, alone }]) => all > 20_000 && alone < all)
      .map(([entry, { all, alone }]) => ({ entry: name + entry.slice(1), share: alone / all })),
  );
  expect(large.length).toBeGreaterThan(5);
  expect(large.filter(({ share }) => share > 1 / 3)).toEqual([]);
});

describe.each(primitives)("%s's main entry", (name) => {
  it("stays within the budget of its own code", async () => {
    const { bytes, budget } = await ownSize(name);
    expect(budget).toBe(name === "rope" ? 1_750 : 1_500);
    expect(bytes).toBeLessThanOrEqual(budget);
  });

  it("stays within its budget with all that it imports", async () => {
    expect(await sizeOf(name)).toBeLessThanOrEqual(budgets[`@ropewalk/${name}`]!.entries["."]!.all);
  });
});

it("the primitives have budgets of their own code", () =>
  expect(primitives).toEqual(["attention-merge", "entropy-scaling", "position-mapping", "rope"]));

it.each(readmes)("%s states the sizes that are measured", async (readme) => {
  const stated = await statedSizes(readme);
  expect(stated.length).toBeGreaterThan(0);
  expect(stated.map(({ what, bytes }) => ({ what, bytes }))).toEqual(
    stated.map(({ what, measured }) => ({ what, bytes: measured })),
  );
});
