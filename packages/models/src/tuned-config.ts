/**
 * config.json of a checkpoint that was tuned under an extension. What config.json has keys for stands there: another base, linear,
 * YaRN, Llama 3, LongRoPE; a program that knows none of this then runs the model all the same. The rest, positions, scalings of the
 * queries and what is left of the ropes, is an entry that `loadCheckpoint` reads (extension-entry.ts).
 */
import { checkInteger, checkKeys } from "@ropewalk/check";
import { recordOf, type ContextExtension, type ExtensionRecord } from "@ropewalk/context-extension";
import type { RopeScaling } from "@ropewalk/rope";
import { configObject, objectOf, valueOf } from "./config-object.ts";
import { extensionKey } from "./extension-entry.ts";
import { familyOf } from "./families.ts";

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

/** The config with that rope in the older form, which every version reads. */
const withRope = (values: Json, theta: number, scaling: RopeScaling): Json => {
  const { rope_parameters: _, ...rest } = values;
  const inner = ["rope_parameters", "rope_scaling"].map((key) => objectOf({ at: "tunedConfig", values }, key));
  const share = inner.flatMap((found) => (found && valueOf(found, "partial_rotary_factor")) ?? [])[0];
  return {
    ...rest,
    ...(share === undefined ? {} : { partial_rotary_factor: share }),
    rope_theta: theta,
    rope_scaling: parametersOf(scaling),
  };
};

/** The same whatever order the keys stand in. */
const same = (a: RopeScaling, b: RopeScaling): boolean => {
  const inOrder = (scaling: RopeScaling): string =>
    JSON.stringify(Object.entries(scaling).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  return inOrder(a) === inOrder(b);
};

/** Whether the config is read as that rotation; a type that it does not know is one that it cannot state. */
const isReadAs = (config: Json, theta: number, scaling: RopeScaling): boolean => {
  try {
    const { rope } = familyOf(config).read(config);
    return rope.theta === theta && same(rope.scaling, scaling);
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
  const { rope: own, trainedContext, contextLimit } = familyOf(before).read(before);
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
  const states = changes && isReadAs(asked, theta, scaling);
  const record: ExtensionRecord = {
    ...(positions && { positions }),
    ...(rope && !states && { rope }),
    ...(entropy && { entropy }),
  };
  const stated: Json = states ? asked : kept;
  if (Object.keys(record).length === 0) return stated;
  return { ...stated, [extensionKey]: { trainedContext: states ? longer : known, extension: record } };
};
