/**
 * What a rewritten model says of itself, in its metadata under the key `ropewalk`: which extension it has, and its sites, so
 * that another extension can take the place of this one.
 */
import { show } from "@ropewalk/check";
import { recordOf, type ContextExtension, type ExtensionRecord } from "@ropewalk/context-extension";
import type { BandLayout, CachePrecision, DecoderSizes } from "@ropewalk/decoder";
import type { ModelProto } from "@ropewalk/graph";
import { reading, refuse } from "./check.ts";
import { checkRecord } from "./record/index.ts";
import type { AttentionSite } from "./site.ts";

export type Mark = {
  readonly version: 1;
  readonly extension: {
    readonly positions: string | null;
    /** What the positions can be made of again; null for a mapping of one's own. */
    readonly mapping: ExtensionRecord["positions"] | null;
    readonly rope: ContextExtension["rope"] | null;
    readonly entropy: ContextExtension["entropy"] | null;
  };
  /** The window the export was trained on, in tokens; config.json then has the extended one. */
  readonly trainedContext: number;
  /** Absent in none; null where there was none before. */
  readonly slidingWindow: number | null;
  readonly sites: readonly AttentionSite[];
  /** Where the graph takes the parts of a cache that `@ropewalk/generation` keeps: what it was recorded for. */
  readonly chunk?: {
    readonly decoder: DecoderSizes;
    readonly layout: BandLayout["kind"];
    readonly cache: CachePrecision;
  };
};

const key = "ropewalk";

/** @throws RangeError when a scaling is one's own, which could not be read again */
export const describe = ({ positions, ...scalings }: ContextExtension): Mark["extension"] => {
  const { rope = null, entropy = null } = recordOf(scalings);
  return { positions: positions?.name ?? null, mapping: positions?.config ?? null, rope, entropy };
};

/** What an extension is called in messages. */
export const inWords = ({ positions, rope, entropy }: Mark["extension"]): string =>
  [positions, rope?.kind, entropy?.kind].filter((name) => name !== null && name !== undefined).join(", ") || "nothing";

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
export const readMark = (model: ModelProto): Mark | undefined => {
  const text = model.metadataProps.find((entry) => entry.key === key)?.value;
  return text === undefined ? undefined : reading(() => checkRecord(parse(text)));
};

export const writeMark = (model: ModelProto, mark: Mark): void => {
  const entry = model.metadataProps.find((known) => known.key === key);
  const value = JSON.stringify(mark);
  if (entry) entry.value = value;
  else model.metadataProps.push({ ...emptyEntry, key, value });
};

const emptyEntry = { $typeName: "onnx.StringStringEntryProto" } as const;
