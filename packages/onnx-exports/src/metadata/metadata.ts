/**
 * What a rewritten model says of itself, in its metadata under the key `ropewalk`: which extension it has, and its sites, so
 * that another extension can take the place of this one.
 */
import { show } from "@ropewalk/check";
import { extensionOf, recordOf, type ContextExtension, type ExtensionRecord } from "@ropewalk/context-extension";
import type { CachePrecision, DecoderSizes } from "@ropewalk/decoder";
import type { ModelProto } from "@ropewalk/graph";
import { asRefusals, refuse } from "../errors.ts";
import { parseMetadata } from "./parse-metadata.ts";
import type { AttentionMatch } from "../recognise/attention-match.ts";

export type RopewalkMetadata = {
  readonly version: 2;
  /** As a config.json has it. */
  readonly extension: ExtensionRecord;
  /** The name of a mapping of one's own, which no record can hold. */
  readonly customMapping?: string;
  /** The window the export was trained on, in tokens; config.json then has the extended one. */
  readonly trainedContext: number;
  /** Absent in none; null where there was none before. */
  readonly slidingWindow: number | null;
  readonly sites: readonly AttentionMatch[];
  /** Where the graph takes the parts of a cache that `@ropewalk/generation` keeps: what it was recorded for. */
  readonly chunk?: {
    readonly decoder: DecoderSizes;
    /** The kind of each group's bands, `attentionPathName` of `@ropewalk/decoder`. */
    readonly layout: string;
    readonly cache: CachePrecision;
  };
};

const key = "ropewalk";

/**
 * A mapping of one's own is named, since the graph has it all the same.
 *
 * @throws RangeError when a scaling is one's own, which could not be read again
 */
export const describe = (extension: ContextExtension): Pick<RopewalkMetadata, "extension" | "customMapping"> => {
  const { positions, ...scalings } = extension;
  if (positions === undefined || positions.config !== undefined) return { extension: recordOf(extension) };
  return { extension: recordOf(scalings), customMapping: positions.name };
};

/** What an extension is called in messages. */
export const inWords = ({
  extension,
  customMapping,
}: Pick<RopewalkMetadata, "extension" | "customMapping">): string => {
  const { positions, rope, entropy } = extensionOf(extension);
  const names = [customMapping ?? positions?.name, rope?.kind, entropy?.kind];
  return names.filter((name) => name !== undefined).join(", ") || "nothing";
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return refuse(`metadata "${key}" must be JSON, got ${show(text)}`);
  }
};

/**
 * The mark of a model that was rewritten; undefined where there is none.
 *
 * @throws RangeError and TypeError naming the key, the rule and the value
 */
export const readMetadata = (model: ModelProto): RopewalkMetadata | undefined => {
  const text = model.metadataProps.find((entry) => entry.key === key)?.value;
  return text === undefined ? undefined : asRefusals(() => parseMetadata(parse(text)));
};

export const writeMetadata = (model: ModelProto, metadata: RopewalkMetadata): void => {
  const entry = model.metadataProps.find((known) => known.key === key);
  const value = JSON.stringify(metadata);
  if (entry) entry.value = value;
  else model.metadataProps.push({ ...emptyEntry, key, value });
};

const emptyEntry = { $typeName: "onnx.StringStringEntryProto" } as const;
