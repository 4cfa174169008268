import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { writtenFiles } from "../../vectors/src/write-vectors.ts";

it.each(Object.entries(writtenFiles()))("%s holds what the emitters and references give now", (file, source) => {
  expect(readFileSync(file, "utf8") === source, "run `npm run vectors`").toBe(true);
});
