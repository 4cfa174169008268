import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { written } from "../../vectors/src/conformance.ts";

it.each(Object.entries(written()))("%s holds what the emitters and references give now", (file, source) => {
  expect(readFileSync(file, "utf8") === source, "run `npm run vectors`").toBe(true);
});
