/** Layers in words and as data: how they rotate, what they see, and which of them an extension changes. */
import {
  attentionGroups,
  type AttentionGroup,
  type AttentionKind,
  type ContextExtension,
  type ExtendedGroup,
} from "@ropewalk/context-extension";
import type { ExtendedDecoder } from "@ropewalk/decoder";
import { plannedCacheBytes } from "@ropewalk/generation";
import { attentionWords } from "./extension-in-words.ts";
import { bytes } from "../render/units.ts";

const countOf = (groups: readonly { readonly layers: readonly number[] }[]): number =>
  groups.reduce((sum, { layers }) => sum + layers.length, 0);

/** The words that all layers share, or each layer's words with the number of layers; undefined when no layer has words. */
const byLayers = (
  groups: readonly AttentionGroup[],
  wordsOf: (kind: AttentionKind) => string | undefined,
): string | undefined => {
  const all = countOf(groups);
  const counts = new Map<string, number>();
  for (const { kind, layers } of groups) {
    const words = wordsOf(kind);
    if (words !== undefined) counts.set(words, (counts.get(words) ?? 0) + layers.length);
  }
  const parts = [...counts].map(([words, count]) => (count === all ? words : `${words} in ${count} of ${all} layers`));
  return parts.length === 0 ? undefined : parts.join(", ");
};

const row = (name: string, value: string | undefined): Readonly<Record<string, string>> =>
  value === undefined ? {} : { [name]: value };

/** The facts of a model's layers that no extension changes. */
export const layerRows = ({ decoder }: ExtendedDecoder): Readonly<Record<string, string>> => {
  const groups = attentionGroups(decoder);
  const differ = new Set(groups.map(({ kind }) => JSON.stringify(kind.rope ?? null))).size > 1;
  const rope = byLayers(groups, ({ rope: own }) =>
    own === undefined ? "none" : `${own.scaling.kind}${differ ? " at" : ","} theta ${own.theta}`,
  );
  return {
    ...row("rope scaling", rope),
    ...row(
      "sliding window",
      byLayers(groups, ({ slidingWindow }) => (slidingWindow === undefined ? undefined : `${slidingWindow} tokens`)),
    ),
    ...row(
      "scores",
      byLayers(groups, ({ scoreScale, softcap }) => {
        const parts = [
          ...(scoreScale === undefined || scoreScale === 1 / Math.sqrt(decoder.headDim)
            ? []
            : [`times ${Number(scoreScale.toPrecision(4))}`]),
          ...(softcap === undefined ? [] : [`within ${softcap}`]),
        ];
        return parts.length === 0 ? undefined : parts.join(" and ");
      }),
    ),
  };
};

/** Whether the extension sets positions or frequencies. The scaling of queries alone concerns other layers too. */
const setsLayers = ({ positions, rope }: ContextExtension): boolean => positions !== undefined || rope !== undefined;

/** Why a group of layers attends in its way, where groups differ. */
const reasonOf = (
  { isExtended, rope, attentionPath }: ExtendedGroup,
  { groups }: ExtendedDecoder,
  extension: ContextExtension,
): string => {
  if (rope === undefined) return "which do not rotate";
  if (!setsLayers(extension)) {
    if (attentionPath.kind === "window") return "which slide";
    return groups.some((group) => group.rope === undefined) ? "which rotate" : "which see everything";
  }
  return isExtended ? "which the method is for" : "which keep their window";
};

const bytesOf = (extended: ExtendedDecoder, group: ExtendedGroup, length: number): number =>
  plannedCacheBytes({ ...extended, groups: [group] }, { length });

/** A line for each group of layers that attend alike: their number, the reason, the attention path, and the bytes of their cache. */
export const attentionLines = (
  extended: ExtendedDecoder,
  extension: ContextExtension,
  length: number,
): readonly string[] => {
  const { groups } = extended;
  if (groups.length === 1) return [attentionWords(extended)];
  return groups.map((group) => {
    const scaled = group.entropy === undefined ? "" : `; queries scaled by ${group.entropy.kind}`;
    const size = bytes(bytesOf(extended, group, length));
    return (
      `${group.layers.length} of ${countOf(groups)} layers, ${reasonOf(group, extended, extension)}: ` +
      `${attentionWords(group)}${scaled}; ${size} of keys and values`
    );
  });
};

/** The same as data. */
export const groupsReport = (
  extended: ExtendedDecoder,
  extension: ContextExtension,
  length: number,
): readonly object[] =>
  extended.groups.map((group) => {
    const { layers, isExtended, positions, attentionPath, rope, entropy, scoreScale, softcap } = group;
    return {
      layers,
      extended: isExtended && setsLayers(extension),
      positions: positions.name,
      attention: attentionPath.kind,
      ropeTheta: rope?.theta ?? null,
      ropeScaling: rope?.scaling.kind ?? null,
      slidingWindow: attentionPath.kind === "window" ? attentionPath.window : null,
      scoreScale,
      softcap: softcap ?? null,
      entropy: entropy?.kind ?? "none",
      keyValueBytes: bytesOf(extended, group, length),
    };
  });
