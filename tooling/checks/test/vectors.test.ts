import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { conformanceSource } from "../../vectors/src/conformance.ts";

it("the conformance suite holds what the emitters and references give now", () => {
  expect(
    readFileSync("packages/backend/src/conformance/cases.ts", "utf8") === conformanceSource(),
    "run `npm run vectors`",
  ).toBe(true);
});
