/** One file of a model, rewritten: the graph, or the limits in its configs. */
import { extendConfigs, extendExport, tablePlaces, type ExtendOptions, type TableRows } from "@ropewalk/onnx-exports";
import { configsOf, type FileKind } from "./file-kind.ts";
import { withReminder } from "./reminder-input.ts";
import { json, parsed } from "./responses.ts";

type Config = Readonly<Record<string, unknown>>;

export type RewriteOptions = {
  /** What is put on a graph. */
  readonly put: Pick<ExtendOptions, "extension" | "runtime" | "cache" | "attentions">;
  readonly onNotice: (notice: string) => void;
};

export type Rewritten = {
  readonly bytes: Uint8Array;
  /** Files that a graph's weights lie in, relative to it. */
  readonly dataFiles: readonly string[];
};

/** Reads files as they were, by the keys that transformers.js has for them; undefined where there is none. */
export type Originals = {
  /** From a cache or the disk. */
  readonly stored: (key: string) => Promise<Uint8Array | undefined>;
  readonly fetched: (key: string) => Promise<Uint8Array | undefined>;
  /** Some bytes of a file, from wherever it lies, where that can be had without the rest of it. */
  readonly part: (key: string, from: number, to: number) => Promise<Uint8Array | undefined>;
};

/** A decoder by its config's `architectures`; one that has none is taken for one. */
const isDecoder = ({ architectures }: Config): boolean =>
  !Array.isArray(architectures) || architectures.some((name) => String(name).endsWith("ForCausalLM"));

const configOf = async (key: string, { stored, fetched }: Originals): Promise<Config> => {
  for (const read of [stored, fetched])
    for (const place of configsOf(key)) {
      const config = parsed(await read(place));
      if (config !== undefined) return config;
    }
  throw new RangeError(`extendModels: ${key} must have a config.json beside it or a folder further up, got none`);
};

/** Rows of a model's rotary tables, which are compared with what its config says; those that cannot be had are left out. */
const tablesOf = async (key: string, model: Uint8Array, { part }: Originals): Promise<readonly TableRows[]> => {
  const rows: TableRows[] = [];
  for (const place of tablePlaces(model)) {
    const file = key.replace(/[^/\\]*$/, () => place.location);
    const bytes = await part(file, place.offset, place.offset + place.length).catch(() => undefined);
    if (bytes?.length === place.length) rows.push({ ...place, bytes });
  }
  return rows;
};

/** @returns undefined for a file that stays as it is, since the model is no decoder */
export const rewrite = async (
  { put, onNotice }: RewriteOptions,
  file: { readonly kind: FileKind; readonly key: string; readonly bytes: () => Promise<Uint8Array> },
  originals: Originals,
): Promise<Rewritten | undefined> => {
  const { kind, key, bytes } = file;
  const config = kind === "config" ? parsed(await bytes()) : await configOf(key, originals);
  if (config === undefined) return undefined;
  if (!isDecoder(config)) {
    if (kind === "model")
      onNotice(`extendModels: ${key} stays as it is: ${String(config["architectures"])} is no decoder by itself`);
    return undefined;
  }
  if (kind === "model") {
    const original = await bytes();
    const tables = await tablesOf(key, original, originals);
    const { model, dataFiles, notices } = extendExport({ ...put, config, tables }, original);
    for (const notice of notices) onNotice(`extendModels: ${key}: ${notice}`);
    return { bytes: put.runtime === "ropewalk" ? withReminder(model) : model, dataFiles };
  }
  const tokenizerConfig = kind === "tokenizer-config" ? parsed(await bytes()) : undefined;
  const { extension, runtime } = put;
  const extended = extendConfigs({ extension, ...(runtime && { runtime }), config, tokenizerConfig });
  return { bytes: json(extended.tokenizerConfig ?? extended.config), dataFiles: [] };
};
