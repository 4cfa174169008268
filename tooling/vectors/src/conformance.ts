/**
 * Writes packages/backend/src/conformance/cases.ts, or with `--check` fails when what is there is not what the emitters and
 * references give now.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { encode, tape } from "@ropewalk/graph";
import { attentionCases } from "./attention-cases.ts";
import { blockCases } from "./block-cases.ts";
import { toBase64 } from "./base64.ts";
import { quantizedCases } from "./quantized-cases.ts";
import { rotationCases } from "./rotation-cases.ts";

const target = "packages/backend/src/conformance/cases.ts";

const identityModel = (): string => {
  const graph = tape();
  graph.output("out", graph.op("Identity", [graph.input("x", "float32", ["rows", "columns"])]));
  return toBase64(encode(graph.model()));
};

export const conformanceSource = (): string => `/** Written by \`npm run vectors\`; not to be edited. */
import type { GraphCase } from "./graphs.ts";

/** out = x, [rows, columns]. */
export const identityModel = "${identityModel()}";

export const graphCases: readonly GraphCase[] = ${JSON.stringify([...attentionCases, ...quantizedCases, ...rotationCases, ...blockCases()], null, 2)};
`;

if (import.meta.main) {
  const source = conformanceSource();
  if (!process.argv.includes("--check")) writeFileSync(target, source);
  else if (readFileSync(target, "utf8") !== source) {
    console.error(`${target} is not what the emitters and references give: run \`npm run vectors\``);
    process.exitCode = 1;
  }
}
