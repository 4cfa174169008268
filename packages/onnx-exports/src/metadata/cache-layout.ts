/**
 * What a graph for generation's cache was recorded for, as `attentionPathName` of `@ropewalk/decoder` gives it: of each group of layers the
 * kind of its bands, and the rotation whose keys each of them reads.
 */
import { check } from "@ropewalk/check";
import { where } from "./value-checks.ts";

const rule = /^(everything|near-far|window|chunked|masked)( \d{1,4}){1,100}$/;

/** Earlier graphs gave keys in a rotation for each band, and the record had the kind alone. */
const earlier: Readonly<Record<string, string>> = {
  everything: "everything 0",
  window: "window 0",
  "near-far": "near-far 0 1",
};

/** The name as it is given today. */
export const layoutIn = (layout: string): string => (Object.hasOwn(earlier, layout) ? earlier[layout]! : layout);

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const checkLayout = (name: string, layout: unknown): void =>
  check(
    typeof layout === "string" &&
      layoutIn(layout)
        .split(", ")
        .every((kind) => rule.test(kind)),
    `${where}: ${name} must be everything, near-far, window, chunked or masked, with numbers, for each group of layers`,
    layout,
    "string",
  );
