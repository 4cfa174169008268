/** Extensions in words, and as the data that `--extension` takes. */
import { byKind } from "@ropewalk/check";
import {
  recordOf,
  type AttentionPath,
  type ContextExtension,
  type ExtendedContext,
  type ExtensionRecord,
} from "@ropewalk/context-extension";
import { keptRotations } from "@ropewalk/decoder";

type Claim = { readonly kind: string };

/** The kind and its numbers, written as position mappings write theirs: yarn(factor 4, originalContext 256). Functions are left out. */
const inWords = (field: "rope" | "entropy", { kind: own, ...numbers }: Claim): string => {
  // Both fields have a kind of this name.
  const kind = own === "custom" ? `custom ${field}` : own;
  const shown = Object.entries(numbers)
    .filter(([, value]) => typeof value !== "function")
    .map(([name, value]) => `${name} ${Array.isArray(value) ? `[${value.length}]` : String(value)}`);
  return shown.length === 0 ? kind : `${kind}(${shown.join(", ")})`;
};

/** The scaling in words without the trained window, which belongs to the model and is shown beside. */
const entropyWords = (entropy: Claim & { readonly trainedContext?: number }): string => {
  const { trainedContext: _, ...rest } = entropy;
  return inWords("entropy", rest);
};

const words = (positions: string | undefined, { rope, entropy }: ContextExtension): string =>
  [positions, rope && inWords("rope", rope), entropy && entropyWords(entropy)]
    .filter((part) => part !== undefined)
    .join(", ");

/** SelfExtend(groupSize 4, window 16), log-n */
export const extensionWords = (extension: ContextExtension): string =>
  words(extension.positions?.name, extension) || "nothing";

/** The words of an extension on a model, with the positions that the model then has. */
export const extendedWords = (positions: string, extension: ContextExtension): string => words(positions, extension);

const keptWords = (extended: Pick<ExtendedContext, "positions">): string => {
  const { length } = keptRotations(extended);
  return `keys are kept in ${length === 1 ? "one rotation" : `${length} rotations`}`;
};

/** The attention path in words, with its reason. */
export const attentionWords = (extended: Pick<ExtendedContext, "attentionPath" | "positions">): string =>
  byKind<AttentionPath, string, []>("inspect", "attentionPath", extended.attentionPath, {
    everything: () => "every key, in one band",
    window: ({ window }) => `the last ${window} keys, in one band`,
    "near-far": ({ window }) =>
      `near and far by distance, from ${window} on${keptRotations(extended).length === 1 ? `; ${keptWords(extended)}` : ""}`,
    chunked: ({ chunkLen, ringChunks }) =>
      `by chunks of ${chunkLen} tokens, each in one of ${ringChunks + 1} bands; a chunk that is run ends where they end; ${keptWords(extended)}`,
    masked: ({ bands }) =>
      `a mask for each of ${bands.length} bands, which are not near and far by distance; ${keptWords(extended)}`,
  });

const isData = ({ positions, rope, entropy }: ContextExtension): boolean =>
  (positions === undefined || positions.config !== undefined) && rope?.kind !== "custom" && entropy?.kind !== "custom";

/** The record that `--extension` takes; null when a mapping or a scaling holds functions. */
export const recordIn = (extension: ContextExtension): ExtensionRecord | null =>
  isData(extension) ? recordOf(extension) : null;

export type GroupsAndWindow = { readonly groupSize?: number; readonly window?: number };

/** G and W, where the positions have them. */
export const groupsAndWindow = ({ positions }: ContextExtension): GroupsAndWindow => {
  const config = positions?.config;
  if (config === undefined) return {};
  const { groupSize, factor, window } = config as { groupSize?: number; factor?: number; window?: number };
  const group = groupSize ?? factor;
  return { ...(group === undefined ? {} : { groupSize: group }), ...(window === undefined ? {} : { window }) };
};
