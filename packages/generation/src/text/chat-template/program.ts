/** A parsed template as a tree: the nodes that are written, and the size of a node. */
import type { Interpreter, Template } from "@huggingface/jinja";

export type Program = Template["parsed"];
export type Statement = NonNullable<Parameters<Interpreter["evaluate"]>[0]>;
/** A statement or an expression, with its parts by name. */
export type Node = { readonly type: string; readonly [part: string]: unknown };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { readonly type?: unknown }).type === "string";

/** The names of the lists that hold statements. The value of an expression in such a list is written. */
const statementLists = ["body", "alternate", "defaultBlock"];

/** The nodes inside a node, inside a list, or inside the pairs of an object literal. */
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
    for (const list of statementLists) for (const one of (node[list] ?? []) as readonly object[]) written.add(one);
  }
  return written;
};

/** How many nodes there are below and at a node. */
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
