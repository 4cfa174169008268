import { expect, it } from "vitest";
import { counted } from "../src/release-check.ts";

it.each([
  [undefined, { passed: 0, failed: 1 }],
  [JSON.stringify({ numPassedTests: 3, numFailedTests: 0, success: true }), { passed: 3, failed: 0 }],
  [JSON.stringify({ numPassedTests: 3, numFailedTests: 2, success: false }), { passed: 3, failed: 2 }],
  [JSON.stringify({ numPassedTests: 3, numFailedTests: 0, success: false }), { passed: 3, failed: 1 }],
])("a report of %j counts as %j", (report, counts) => {
  expect(counted(report)).toEqual(counts);
});
