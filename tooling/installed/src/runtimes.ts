/** The runtimes that users have, from `runtimes/`; each a command that runs a file. */
import { globSync } from "node:fs";
import { join } from "node:path";

export type Runtime = {
  readonly name: string;
  /** The program and what stands before the file. Undefined where npm has no such program for this platform. */
  readonly command: readonly [string, ...string[]] | undefined;
  /** The version of Node that it is, or that it stands for. */
  readonly node: number;
};

const folder = new URL("../runtimes/node_modules/", import.meta.url).pathname;

/** A program of one of the packages, of which npm installs the platform's. */
const program = (pattern: string): string | undefined => {
  const [found] = globSync(pattern, { cwd: folder });
  return found && join(folder, found);
};

const runtime = (name: string, node: number, pattern: string, ...flags: readonly string[]): Runtime => {
  const path = program(pattern);
  return { name, node, command: path === undefined ? undefined : [path, ...flags] };
};

export const runtimes = {
  "node-20": runtime("Node 20", 20, "node-20-*/bin/node{,.exe}", "--no-warnings"),
  "node-22": runtime("Node 22", 22, "node-22-*/bin/node{,.exe}", "--no-warnings"),
  "node-24": runtime("Node 24", 24, "node-24-*/bin/node{,.exe}", "--no-warnings"),
  deno: runtime("Deno", 24, "@deno/*/deno{,.exe}", "run", "--allow-all", "--quiet"),
  bun: runtime("Bun", 24, "@oven/bun-*/bin/bun{,.exe}"),
} as const;
