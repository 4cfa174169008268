/** Values of a running template, as Jinja's library represents them, and the cost of going through them. */
import type { Interpreter } from "@huggingface/jinja";
import type { Budget } from "./budget.ts";

export type Value = ReturnType<Interpreter["evaluate"]>;

export const isText = ({ value }: Value): boolean => typeof value === "string";

/** Whether a value is a list or an object. */
export const isContainer = ({ value }: Value): boolean => Array.isArray(value) || value instanceof Map;

/** The number of characters of a text, elements of a list or keys of an object. */
export const lengthOf = ({ value }: Value): number => {
  if (typeof value === "string" || Array.isArray(value)) return value.length;
  return value instanceof Map ? value.size : 1;
};

/** Spends the cost of going through a whole value. Gives that cost, and the depth of the value. A part that occurs twice counts twice. */
export const spendWhole = ({ spend }: Budget, root: Value): { readonly weight: number; readonly depth: number } => {
  let [weight, deepest] = [0, 0];
  const open: (readonly [Value, number])[] = [[root, 1]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [one, depth] = next;
    const { value } = one;
    const cost = 8 + lengthOf(one);
    spend(cost);
    weight += cost;
    deepest = Math.max(deepest, depth);
    if (Array.isArray(value)) for (const inner of value) open.push([inner as Value, depth + 1]);
    if (!(value instanceof Map)) continue;
    for (const [key, inner] of value as ReadonlyMap<string, Value>) {
      spend(key.length);
      weight += key.length;
      open.push([inner, depth + 1]);
    }
  }
  return { weight, depth: deepest };
};

/** The cost of searching a text of `text` characters for one of `looked` characters. */
export const searchCost = (text: number, looked: number): number => text + (text * looked) / 64;
