/**
 * `npm run vectors`: writes packages/backend/src/conformance/cases.ts and the graphs of backend-webgpu. With `--check` it writes nothing,
 * and fails when the files differ from what the emitters and references give now.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { encode, tape } from "@ropewalk/graph";
import { toBase64 } from "./base64.ts";
import { conformanceCases } from "./cases/all-cases.ts";
import { webgpuSource, webgpuTarget } from "./webgpu-graphs.ts";

const target = "packages/backend/src/conformance/cases.ts";

const identityModel = (): string => {
  const graph = tape();
  graph.output("out", graph.op("Identity", [graph.input("x", "float32", ["rows", "columns"])]));
  return toBase64(encode(graph.model()));
};

const conformanceSource = (): string => `/** Written by \`npm run vectors\`; not to be edited. */
import type { GraphCase } from "./graphs.ts";

/** out = x, [rows, columns]. */
export const identityModel = "${identityModel()}";

export const graphCases: readonly GraphCase[] = ${JSON.stringify(conformanceCases(), null, 2)};
`;

/** The contents of every file that is written, by its path. */
export const writtenFiles = (): Readonly<Record<string, string>> => ({
  [target]: conformanceSource(),
  [webgpuTarget]: webgpuSource(),
});

if (import.meta.main)
  for (const [file, source] of Object.entries(writtenFiles())) {
    if (!process.argv.includes("--check")) writeFileSync(file, source);
    else if (readFileSync(file, "utf8") !== source) {
      console.error(`${file} differs from what the emitters and references give: run \`npm run vectors\``);
      process.exitCode = 1;
    }
  }
