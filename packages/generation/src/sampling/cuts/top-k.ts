/** The `topK` most likely tokens; of equals, the first. */
import { number } from "@ropewalk/check";
import type { Cut } from "./cut.ts";

export const topK: Cut = {
  rule: number("a positive integer", (value) => Number.isInteger(value) && value > 0),
  inMultiStep: true,
  keep: (count, { length }) => Math.min(count, length),
};
