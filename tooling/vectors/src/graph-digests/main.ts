/**
 * Prints the SHA-256 of every graph that the house makes for the conformance suite, the tiny checkpoints and the exports, `name digest` a
 * line. With `--compare <file>` it compares them with a listing that was saved before, and fails naming those that differ.
 *
 * A change that must leave every graph as it is, byte for byte, is checked so:
 *
 *   npm run -s check:graphs > before.txt
 *   npm run -s check:graphs -- --compare before.txt
 *
 * `--also <folder>`, any number of times, adds the models in the folders of a folder.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { inRepository } from "@ropewalk/testing/repository";
import { layeredCheckpoints, modelVectors, onnxExports, tinyCheckpoints } from "@ropewalk/testing/vectors";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { conformanceCases } from "../cases/all-cases.ts";
import { bytesOf } from "../../../../packages/backend/src/conformance/graphs.ts";
import { digestOf, type GraphDigest } from "./digest.ts";
import { exportGraphs } from "./export-graphs.ts";
import { adapterGraphs, modelGraphs } from "./model-graphs.ts";
import { trainingGraphs } from "./training-graphs.ts";

type Folder = { readonly name: string; readonly url: URL };

/** The folders in a folder that hold a model. */
const modelsIn = (url: URL, prefix: string): readonly Folder[] =>
  readdirSync(url)
    .filter((name) => existsSync(new URL(`${name}/config.json`, url)))
    .toSorted()
    .map((name) => ({ name: `${prefix}/${name}`, url: new URL(`${name}/`, url) }));

const isExport = ({ url }: Folder): boolean => existsSync(new URL("model.onnx", url));

const { compare, also } = parseArgs({
  options: { compare: { type: "string" }, also: { type: "string", multiple: true, default: [] } },
}).values;

const models: readonly Folder[] = [
  { name: "passkey-875k", url: passkey875k.url },
  { name: "stories260K", url: stories260K.url },
  ...modelsIn(inRepository(`${tinyCheckpoints}/`), "tiny"),
  ...modelsIn(inRepository(`${layeredCheckpoints}/`), "layered"),
  ...modelsIn(inRepository(`${onnxExports}/`), "export"),
  ...also.flatMap((folder) => modelsIn(pathToFileURL(`${folder}/`), `also/${basename(folder)}`)),
];

const digestsOfAll = async (): Promise<readonly GraphDigest[]> => {
  const digests: GraphDigest[] = conformanceCases().map(({ name, model }) =>
    digestOf(`conformance/${name}`, bytesOf(model)),
  );
  for (const model of models) {
    const { name, url } = model;
    digests.push(...(await modelGraphs(name, url)));
    digests.push(...(isExport(model) ? exportGraphs(name, url) : await trainingGraphs(name, url)));
  }
  const [llama, lora] = [inRepository(`${tinyCheckpoints}/llama/`), inRepository(`${modelVectors}/lora/`)];
  digests.push(...(await adapterGraphs("tiny/llama", llama, lora)));
  return digests;
};

/** The names whose digests differ, are new or are gone. */
const moved = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));

const readListing = (path: string): ReadonlyMap<string, string> =>
  new Map(
    readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" ") as [string, string]),
  );

const digests = await digestsOfAll();
const listing = new Map(digests.map(({ name, digest }) => [name, digest]));
if (listing.size !== digests.length) throw new Error("two graphs have one name");
if (compare === undefined) for (const [name, digest] of listing) console.log(`${name} ${digest}`);
else {
  const names = moved(readListing(compare), listing);
  for (const name of names) console.log(name);
  console.log(`${listing.size} graphs, ${names.length} moved`);
  if (names.length > 0) process.exitCode = 1;
}
