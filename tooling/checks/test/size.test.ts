import { describe, expect, it } from "vitest";
import { budgets, budgetsOf, primitives, readmes, sizeOf, statedSizes } from "../src/size.ts";

describe.each(primitives)("%s's main entry", (name) => {
  it("stays within 1.5 KB of its own code", async () => {
    expect(budgets.own).toBe(1_500);
    expect(budgetsOf("rope").own).toBe(1_750);
    expect(await sizeOf(name, { own: true })).toBeLessThanOrEqual(budgetsOf(name).own);
  });

  it("stays within its budget with all that it imports", async () => {
    expect(await sizeOf(name)).toBeLessThanOrEqual(budgetsOf(name).all);
  });
});

it.each(readmes)("%s states the sizes that are measured", async (readme) => {
  const stated = await statedSizes(readme);
  expect(stated.length).toBeGreaterThan(0);
  expect(stated.map(({ what, bytes }) => ({ what, bytes }))).toEqual(
    stated.map(({ what, measured }) => ({ what, bytes: measured })),
  );
});
