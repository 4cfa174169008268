import { number, type Rule } from "@ropewalk/check";

export const finiteNumber: Rule = number("finite", Number.isFinite);
