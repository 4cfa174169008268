/** Rewrites one file of a model: its graph, or the limits in one of its configs. */
import { decode, type ModelProto } from "@ropewalk/graph";
import { extendConfigs, extendExport, tablePlaces, type ExtendOptions, type TableRows } from "@ropewalk/onnx-exports";
import { configsOf, type FileKind } from "./file-kind.ts";
import { withReminder } from "./reminder-input.ts";
import { json, parsed } from "./responses.ts";

type Config = Readonly<Record<string, unknown>>;

export type RewriteOptions = {
  /** The options that a graph is extended with. */
  readonly put: Pick<ExtendOptions, "extension" | "runtime" | "cache" | "attentions">;
  readonly onNotice: (notice: string) => void;
};

export type Rewritten = {
  readonly bytes: Uint8Array;
  /** The files that hold a graph's weights, relative to the graph's own file. */
  readonly dataFiles: readonly string[];
};

/** Readers of original files, by the keys of transformers.js. Each gives undefined if there is no such file. */
export type Originals = {
  /** Reads a file from a cache or from the disk. */
  readonly stored: (key: string) => Promise<Uint8Array | undefined>;
  /** Reads a file from its address. */
  readonly fetched: (key: string) => Promise<Uint8Array | undefined>;
  /** Reads some bytes of a file from any of these, if that needs no reading of the whole file. */
  readonly part: (key: string, from: number, to: number) => Promise<Uint8Array | undefined>;
};

/** Whether a model is a decoder, by its config's `architectures`. A config without them is taken for a decoder's. */
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

/** The rows of a model's rotary tables that lie in files. Rows that cannot be read are left out. */
const tablesOf = async (key: string, model: ModelProto, { part }: Originals): Promise<readonly TableRows[]> => {
  const rows: TableRows[] = [];
  for (const place of tablePlaces(model)) {
    const file = key.replace(/[^/\\]*$/, () => place.location);
    const bytes = await part(file, place.offset, place.offset + place.length).catch(() => undefined);
    if (bytes?.length === place.length) rows.push({ ...place, bytes });
  }
  return rows;
};

/**
 * The rewritten file.
 *
 * @returns undefined for a file that stays as it is, since its model is no decoder
 */
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
    const original = decode(await bytes());
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
