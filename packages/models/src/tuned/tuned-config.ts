/**
 * config.json of a checkpoint that was tuned under an extension. What config.json has keys for stands there: another base, linear,
 * YaRN, Llama 3, LongRoPE; a program that knows none of this then runs the model all the same. The rest, positions, scalings of the
 * queries and what is left of the ropes, is an entry that `loadCheckpoint` reads (extension-entry.ts).
 */
import { checkInteger, checkKeys } from "@ropewalk/check";
import {
  extendGroups,
  recordOf,
  type ContextExtension,
  type DecoderRope,
  type ExtensionRecord,
  type ModelLayers,
} from "@ropewalk/context-extension";
import type { RopeScaling } from "@ropewalk/rope";
import { configObject, objectOf, valueOf } from "../config/config-object.ts";
import { extensionKey } from "./extension-entry.ts";
import { familyOf } from "../families/families.ts";
import { hasRopeByType } from "../config/rope-config.ts";

export type TunedConfig = {
  /** What it was tuned under. */
  readonly extension: ContextExtension;
  /** The longest sequences that it was tuned on, in tokens. */
  readonly seqLen: number;
};

type Json = Readonly<Record<string, unknown>>;

/** Names that configs have for the fields of a scaling. */
const keyOf: Readonly<Record<string, string>> = { originalContext: "original_max_position_embeddings" };

/** betaFast: beta_fast */
const inConfig = (field: string): string =>
  keyOf[field] ?? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A scaling in the keys of transformers; whether a config can state it, reading it back tells. */
const parametersOf = ({ kind, ...fields }: RopeScaling): Json | null =>
  kind === "default"
    ? null
    : {
        rope_type: kind,
        ...Object.fromEntries(Object.entries(fields).map(([field, value]) => [inConfig(field), value])),
      };

/**
 * The config with that rope for the layers that see everything: in the older form, which every version reads, or where there is one for
 * each type of layer, among these.
 */
const withRope = (values: Json, theta: number, scaling: RopeScaling): Json => {
  const { rope_parameters: _, ...rest } = values;
  const [newer, older] = ["rope_parameters", "rope_scaling"].map((key) => objectOf({ at: "tunedConfig", values }, key));
  const byType = newer !== undefined && hasRopeByType(newer);
  const full = byType ? objectOf(newer, "full_attention") : newer;
  const share = [full, older].flatMap((found) => (found && valueOf(found, "partial_rotary_factor")) ?? [])[0];
  const stated = share === undefined ? {} : { partial_rotary_factor: share };
  if (!byType) return { ...rest, ...stated, rope_theta: theta, rope_scaling: parametersOf(scaling) };
  const { rope_theta: __, rope_scaling: ___, ...others } = rest;
  const parameters = { ...(parametersOf(scaling) ?? { rope_type: "default" }), ...stated, rope_theta: theta };
  return { ...others, rope_parameters: { ...newer.values, full_attention: parameters } };
};

/** Another base is the base. */
const asStated = ({ theta, scaling, ...rope }: DecoderRope): DecoderRope =>
  scaling.kind === "abf"
    ? { ...rope, theta: scaling.theta, scaling: { kind: "default" } }
    : { ...rope, theta, scaling };

/** With keys in one order. */
const inOrder = (value: unknown): unknown =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(
        Object.entries(value)
          .map(([key, inner]) => [key, inOrder(inner)] as const)
          .toSorted(([left], [right]) => (left < right ? -1 : 1)),
      );

/** How each layer attends under a rope scaling, as text. */
const attentionOf = (model: ModelLayers, rope?: RopeScaling): string =>
  JSON.stringify(
    extendGroups(model, rope === undefined ? {} : { rope }).map((group) => [
      ...[group.layers, group.positions.name, inOrder(group.rope && asStated(group.rope))],
      ...[group.scoreScale, group.softcap],
    ]),
  );

/** Whether the config is read as attending so; a type of rope that it does not know is one that it cannot state. */
const isReadAs = (config: Json, attention: string): boolean => {
  try {
    return attentionOf(familyOf(config).read(config)) === attention;
  } catch {
    return false;
  }
};

/**
 * @param json - the parsed config.json of the checkpoint before
 * @throws RangeError when positions are a mapping of one's own, which no data can tell
 */
export const tunedConfig = (config: TunedConfig, json: unknown): Json => {
  checkKeys<TunedConfig>("tunedConfig", "config", config, { extension: true, seqLen: true });
  const { extension, seqLen } = config;
  checkInteger("tunedConfig", "seqLen", seqLen, 1);
  const { positions, rope, entropy } = recordOf(extension);
  const { values } = configObject("tunedConfig: config.json", json);
  const { [extensionKey]: _, ...before } = values;
  const decoder = familyOf(before).read(before);
  const { rope: own, trainedContext, contextLimit } = decoder;
  const known = contextLimit?.stated ?? trainedContext;
  // Beyond the window positions are not the model's own, and under a window that slides none was seen.
  const grows = positions === undefined && contextLimit === undefined;
  const longer = grows ? Math.max(known, seqLen) : known;
  const kept = { ...before, ...("dtype" in before ? { dtype: "float32" } : { torch_dtype: "float32" }) };
  const theta = rope?.kind === "abf" ? rope.theta : own.theta;
  const scaling: RopeScaling = rope === undefined ? own.scaling : rope.kind === "abf" ? { kind: "default" } : rope;
  const asked = withRope({ ...kept, max_position_embeddings: longer }, theta, scaling);
  const changes = rope !== undefined || longer !== known;
  // What cannot be stated leaves the window as it was: the rope of the entry counts from it.
  const states = changes && isReadAs(asked, attentionOf(decoder, rope));
  const record: ExtensionRecord = {
    ...(positions && { positions }),
    ...(rope && !states && { rope }),
    ...(entropy && { entropy }),
  };
  const stated: Json = states ? asked : kept;
  if (Object.keys(record).length === 0) return stated;
  return { ...stated, [extensionKey]: { trainedContext: states ? longer : known, extension: record } };
};
