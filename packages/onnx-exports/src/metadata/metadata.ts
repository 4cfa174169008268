/**
 * The metadata that a rewritten model has about itself, as JSON under the key `ropewalk`: its extension, and the attention of
 * its layers as the export had it. By these another extension can replace this one.
 */
import { show } from "@ropewalk/check";
import { extensionOf, recordOf, type ContextExtension, type ExtensionRecord } from "@ropewalk/context-extension";
import { attentionPathName, type CachePrecision, type DecoderSizes, type ExtendedDecoder } from "@ropewalk/decoder";
import type { ModelProto } from "@ropewalk/graph";
import { asRefusals, refuse } from "../errors.ts";
import type { AttentionMatch } from "../recognise/attention-match.ts";
import { parseMetadata } from "./parse-metadata.ts";

export type ExtensionMetadata = {
  /** In the form that config.json has. */
  readonly extension: ExtensionRecord;
  /** The name of a custom mapping, which no record can hold. */
  readonly customMapping?: string;
};

/** The decoder and the cache that a graph for `@ropewalk/generation` was recorded for. */
export type ChunkMetadata = {
  readonly decoder: DecoderSizes;
  /** How each group of layers attends: `attentionPathName` of `@ropewalk/decoder`. */
  readonly layout: string;
  readonly cache: CachePrecision;
};

export type RopewalkMetadata = ExtensionMetadata & {
  readonly version: 2;
  /** The window that the export was trained on, in tokens. config.json has the extended one. */
  readonly trainedContext: number;
  /** The `sliding_window` that config.json had; null if it had none. */
  readonly slidingWindow: number | null;
  /** The attention of each layer. */
  readonly sites: readonly AttentionMatch[];
  /** Absent if the graph keeps the export's own inputs and outputs. */
  readonly chunk?: ChunkMetadata;
};

const key = "ropewalk";

/**
 * An extension as metadata. The graph holds a custom mapping, and metadata its name alone.
 *
 * @throws RangeError when a scaling is custom, which could not be read again
 */
export const extensionMetadata = (extension: ContextExtension): ExtensionMetadata => {
  const { positions, ...scalings } = extension;
  if (positions === undefined || positions.config !== undefined) return { extension: recordOf(extension) };
  return { extension: recordOf(scalings), customMapping: positions.name };
};

export const chunkMetadata = (extended: ExtendedDecoder): ChunkMetadata => ({
  decoder: extended.decoder,
  layout: attentionPathName(extended),
  cache: extended.cache,
});

/** The extension as errors name it. */
export const describeExtension = ({ extension, customMapping }: ExtensionMetadata): string => {
  const { positions, rope, entropy } = extensionOf(extension);
  const names = [customMapping ?? positions?.name, rope?.kind, entropy?.kind];
  return names.filter((name) => name !== undefined).join(", ") || "nothing";
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(`metadata "${key}" must be JSON, got ${show(text)}`);
  }
};

/**
 * The metadata of a rewritten model; undefined for any other model.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readMetadata = (model: ModelProto): RopewalkMetadata | undefined => {
  const text = model.metadataProps.find((entry) => entry.key === key)?.value;
  return text === undefined ? undefined : asRefusals(() => parseMetadata(parseJson(text)));
};

const newEntry = { $typeName: "onnx.StringStringEntryProto", key } as const;

/** The model with this metadata, which replaces that of an earlier rewriting. */
export const withMetadata = (metadata: RopewalkMetadata, model: ModelProto): ModelProto => {
  const value = JSON.stringify(metadata);
  const { metadataProps } = model;
  const isOurs = (entry: { readonly key: string }): boolean => entry.key === key;
  return {
    ...model,
    metadataProps: metadataProps.some(isOurs)
      ? metadataProps.map((entry) => (isOurs(entry) ? { ...entry, value } : entry))
      : [...metadataProps, { ...newEntry, value }],
  };
};
