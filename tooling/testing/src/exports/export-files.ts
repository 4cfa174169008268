/** The exports that other tools made: their files, what they give, and the checkpoints that they were made of. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decode, encode } from "@ropewalk/graph";
import {
  extendExport,
  tablePlaces,
  type ExtendOptions,
  type ExtendedExport,
  type TableRows,
} from "@ropewalk/onnx-exports";
import { inRepository } from "../repository.ts";
import { onnxExports, tinyCheckpoints } from "../vectors.ts";

/** All exports lie beside the repository on some machines; the repository itself has one or two of every form. */
const besideRepository = inRepository("../shared/models/onnx/");
const exportsFolder = existsSync(besideRepository) ? besideRepository : inRepository(`${onnxExports}/`);

const checkpoints = inRepository(`${tinyCheckpoints}/`);

export type Prompt = {
  readonly inputIds: readonly number[];
  readonly logitsLast: readonly number[];
};

export type Expected = {
  readonly family: string;
  readonly tolerance: number;
  readonly runsOnCpu: boolean;
  readonly cases?: readonly {
    readonly inputIds: readonly number[];
    readonly argmaxAll: readonly number[];
    readonly decode: readonly { readonly inputId: number; readonly logitsLast: readonly number[] }[];
  }[];
  readonly checkpointGolden?: readonly Prompt[];
} & Prompt;

export type GoldenCase = Prompt & {
  readonly method: "none" | "self-extend" | "self-extend+log-n";
  readonly groupSize: number;
  readonly window: number;
  readonly logNContext: number;
};

const json = <T>(path: URL): T => JSON.parse(readFileSync(path, "utf8")) as T;

export const exportNames: readonly string[] = readdirSync(exportsFolder).filter((name) => !name.includes("."));

export const exportPath = (name: string): string => fileURLToPath(new URL(`${name}/`, exportsFolder));

/** The checkpoint that exports of a family were made of. */
export const checkpointOf = (family: string): string => fileURLToPath(new URL(family, checkpoints));

export const expectedOf = (name: string): Expected => json(new URL(`${name}/expected.json`, exportsFolder));

export const configOf = (name: string): Record<string, unknown> => json(new URL(`${name}/config.json`, exportsFolder));

export const modelOf = (name: string): Uint8Array => readFileSync(join(exportPath(name), "model.onnx"));

/** The same model with activations as they are: products with matrices in 4 bits may round them to 8 bits on the way in. */
export const withoutRounding = (bytes: Uint8Array): Uint8Array => {
  const model = decode(bytes);
  for (const node of model.graph!.node) node.attribute = node.attribute.filter(({ name }) => name !== "accuracy_level");
  return encode(model);
};

export const goldenOf = (family: string): { readonly tolerance: number; readonly cases: readonly GoldenCase[] } =>
  json(new URL(`${family}/golden-logits.json`, checkpoints));

/** Rows of an export's rotary tables, where they lie in its data file. */
export const tablesOf = (name: string): readonly TableRows[] =>
  tablePlaces(modelOf(name)).map((place) => {
    const file = readFileSync(join(exportPath(name), place.location));
    return { ...place, bytes: file.subarray(place.offset, place.offset + place.length) };
  });

export const extend = (
  name: string,
  options: Omit<ExtendOptions, "config"> & { readonly config?: unknown },
): ExtendedExport => extendExport({ config: configOf(name), tables: tablesOf(name), ...options }, modelOf(name));
