/**
 * Writes the config.json of a checkpoint that was tuned under an extension. What config.json has keys for is stated in these keys: another
 * base, linear, YaRN, Llama 3, LongRoPE. So other programs run such a model as it was tuned. The rest (positions, scalings of the queries,
 * other rope scalings) goes into an entry that `loadCheckpoint` reads (extension-entry.ts).
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
  /** The extension that it was tuned under. */
  readonly extension: ContextExtension;
  /** The longest sequences that it was tuned on, in tokens. */
  readonly seqLen: number;
};

type Json = Readonly<Record<string, unknown>>;

/** Names that configs have for the fields of a scaling. */
const keyOf: Readonly<Record<string, string>> = { originalContext: "original_max_position_embeddings" };

/** The key of a field in a config: beta_fast for betaFast. */
const inConfig = (field: string): string =>
  keyOf[field] ?? field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A scaling in the keys of transformers. Whether a config can state it is found out by reading it back. */
const parametersOf = ({ kind, ...fields }: RopeScaling): Json | null =>
  kind === "default"
    ? null
    : {
        rope_type: kind,
        ...Object.fromEntries(Object.entries(fields).map(([field, value]) => [inConfig(field), value])),
      };

/**
 * The config with that rope for the layers that see everything: in the older form, which every version reads, or, where the config has one
 * rope for each type of layer, in that place.
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

/** A rope as a config states it: a rope scaling that only changes the base becomes that base. */
const asStated = ({ theta, scaling, ...rope }: DecoderRope): DecoderRope =>
  scaling.kind === "abf"
    ? { ...rope, theta: scaling.theta, scaling: { kind: "default" } }
    : { ...rope, theta, scaling };

/** The same value with the keys of objects sorted. */
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

/** Whether a model of that config attends as described. A config whose rope type cannot be read does not. */
const isReadAs = (config: Json, attention: string): boolean => {
  try {
    return attentionOf(familyOf(config).read(config)) === attention;
  } catch {
    return false;
  }
};

/**
 * The config.json of the tuned checkpoint.
 *
 * @param json - the parsed config.json of the checkpoint before tuning
 * @throws RangeError when positions are a custom mapping, whose functions no JSON can hold
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
  // A mapping keeps positions inside the model's own window, and under a sliding window no longer distance was seen.
  const grows = positions === undefined && contextLimit === undefined;
  const longer = grows ? Math.max(known, seqLen) : known;
  const kept = { ...before, ...("dtype" in before ? { dtype: "float32" } : { torch_dtype: "float32" }) };
  const theta = rope?.kind === "abf" ? rope.theta : own.theta;
  const scaling: RopeScaling = rope === undefined ? own.scaling : rope.kind === "abf" ? { kind: "default" } : rope;
  const asked = withRope({ ...kept, max_position_embeddings: longer }, theta, scaling);
  const changes = rope !== undefined || longer !== known;
  // If the config cannot state the rope, it keeps its window: the rope in the entry counts from that.
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
