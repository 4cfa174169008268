/**
 * The name of how all groups of layers attend, as `attentionPathName` of `@ropewalk/decoder` gives it. For each group it has the kind
 * of its bands, and for each band the rotation whose keys it reads. A graph for generation's cache is recorded for one such name.
 */
import { check } from "@ropewalk/check";
import { where } from "./value-checks.ts";

const rule = /^(everything|near-far|window|chunked|masked)( \d{1,4}){1,100}$/;

/** Earlier graphs gave each band keys in a rotation of its own, and their metadata had the kind alone. */
const earlier: Readonly<Record<string, string>> = {
  everything: "everything 0",
  window: "window 0",
  "near-far": "near-far 0 1",
};

/** A name from metadata, in the form that names have today. */
export const currentPathName = (name: string): string => (Object.hasOwn(earlier, name) ? earlier[name]! : name);

/** @throws RangeError and TypeError naming the key, the rule and the value */
export const checkPathName = (name: string, pathName: unknown): void =>
  check(
    typeof pathName === "string" &&
      currentPathName(pathName)
        .split(", ")
        .every((kind) => rule.test(kind)),
    `${where}: ${name} must be everything, near-far, window, chunked or masked, with numbers, for each group of layers`,
    pathName,
    "string",
  );
