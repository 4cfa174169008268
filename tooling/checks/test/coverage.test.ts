import { expect, it } from "vitest";
import { coverageByRoom, percentage } from "../src/coverage.ts";

const counts = (total: number, covered: number, branches = 0, taken = 0) => ({
  lines: { total, covered },
  branches: { total: branches, covered: taken },
});

it("coverage is added up by room", () => {
  expect(
    coverageByRoom({
      "packages/rope/src/a.ts": counts(10, 9, 4, 2),
      "apps/cli/src/main.ts": counts(3, 0),
      "packages/rope/src/deep/b.ts": counts(30, 30, 4, 4),
    }),
  ).toEqual([
    { room: "apps/cli", ...counts(3, 0) },
    { room: "packages/rope", ...counts(40, 39, 8, 6) },
  ]);
});

it("a percentage has one decimal, and all of nothing is 100", () => {
  expect(
    [
      { total: 40, covered: 39 },
      { total: 3, covered: 0 },
      { total: 0, covered: 0 },
    ].map(percentage),
  ).toEqual(["97.5", "0.0", "100.0"]);
});
