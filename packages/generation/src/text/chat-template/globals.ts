/** The names that every chat template knows, as Hugging Face's transformers defines them. */
import { Template, type Environment } from "@huggingface/jinja";
import type { Budget } from "./budget.ts";

export const addGlobals = (scope: Environment, { spend }: Budget): void => {
  for (const [name, value] of [
    ["true", true],
    ["false", false],
    ["none", null],
  ] as const) {
    scope.set(name, value);
    scope.set(name[0]!.toUpperCase() + name.slice(1), value);
  }
  scope.set("raise_exception", (message: unknown) => {
    throw new Error(String(message));
  });
  scope.set("range", (...numbers: readonly unknown[]) => {
    if (numbers.length === 0 || numbers.length > 3 || !numbers.every((one) => Number.isSafeInteger(one)))
      throw new Error("range() takes 1 to 3 integers");
    const [first, second, by = 1] = numbers as readonly number[];
    const [from, to] = second === undefined ? [0, first!] : [first!, second];
    if (by === 0) throw new Error("range() step must not be zero");
    const length = Math.max(0, Math.ceil((to - from) / by));
    spend(12 * length);
    return Array.from({ length }, (_, index) => from + index * by);
  });
  scope.set("strftime_now", (format: unknown) => {
    spend(10_000 + 10 * String(format).length);
    return new Template("{{ strftime_now(format) }}").render({ format: String(format) });
  });
};
