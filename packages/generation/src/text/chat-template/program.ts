/** A parsed template as a tree, looked at before it runs. */
import type { Interpreter, Template } from "@huggingface/jinja";

export type Program = Template["parsed"];
export type Statement = NonNullable<Parameters<Interpreter["evaluate"]>[0]>;
/** A statement or an expression, by the names of its parts. */
export type Node = { readonly type: string; readonly [part: string]: unknown };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { readonly type?: unknown }).type === "string";

/** Statements stand in lists by these names; what an expression among them gives is written. */
const blocks = ["body", "alternate", "defaultBlock"];

/** Nodes that stand in a node, in lists, and in the pairs of object literals. */
const partsOf = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value.entries()].flat() as readonly unknown[];
  return isNode(value) ? Object.values(value) : [];
};

/** The nodes whose values are written where they stand. */
export const writtenNodes = (program: Program): WeakSet<object> => {
  const written = new WeakSet<object>();
  const open: unknown[] = [program];
  for (let node = open.pop(); node !== undefined || open.length > 0; node = open.pop()) {
    for (const part of partsOf(node)) if (typeof part === "object" && part !== null) open.push(part);
    if (!isNode(node)) continue;
    for (const block of blocks) for (const one of (node[block] ?? []) as readonly object[]) written.add(one);
  }
  return written;
};

/** How many nodes there are in what a node holds. */
export const nodesIn = (root: unknown): number => {
  let count = 0;
  const open: unknown[] = [root];
  while (open.length > 0) {
    const node = open.pop();
    count += 1;
    for (const part of partsOf(node)) if (typeof part === "object" && part !== null) open.push(part);
  }
  return count;
};
