/**
 * The keys that a GGUF file states of its architecture, `<architecture>.<key>`, read one by one. Each error names the key, the rule and the
 * value. A key that nothing reads is refused: it may change what the model computes.
 */
import { check, showName } from "@ropewalk/check";
import type { Metadata, MetadataValue } from "@ropewalk/gguf";

export type ArchitectureKeys = {
  /** What errors begin with: the function and the file. */
  readonly at: string;
  readonly architecture: string;
  /** The key as the file has it: behind the architecture's name. */
  readonly nameOf: (key: string) => string;
  /** Whether the file has the key. */
  readonly states: (key: string) => boolean;
  /** A finite number; undefined where the key is absent. */
  readonly number: (key: string) => number | undefined;
  /** A finite number. */
  readonly needNumber: (key: string) => number;
  /** Text; undefined where the key is absent. */
  readonly text: (key: string) => string | undefined;
  /** A list of flags, one a layer; undefined where the key is absent or a number. */
  readonly flags: (key: string) => readonly boolean[] | undefined;
  /** @throws RangeError naming the key, as the file has it, where it does not hold to the rule */
  readonly check: (holds: boolean, key: string, rule: string, got: MetadataValue | undefined) => void;
  /** Takes keys that change nothing of what the model computes. */
  readonly ignore: (...keys: readonly string[]) => void;
  /** @throws RangeError naming a key of the architecture that nothing has read */
  readonly checkAllRead: () => void;
};

/** The shortest decimal number with the same float32: files state 1e-5 as 9.999999747378752e-6. */
const shortest = (value: number): number => {
  if (Math.fround(value) !== value || Number.isInteger(value)) return value;
  const digits = [1, 2, 3, 4, 5, 6, 7, 8].find((count) => Math.fround(Number(value.toPrecision(count))) === value);
  return digits === undefined ? value : Number(value.toPrecision(digits));
};

const areFlags = (value: MetadataValue): value is readonly boolean[] =>
  Array.isArray(value) && value.every((flag) => typeof flag === "boolean");

/** Some files state a number once for each layer. It counts where all are the same. */
const oneOf = (at: string, value: MetadataValue, numLayers: MetadataValue | undefined): MetadataValue | undefined => {
  if (!ArrayBuffer.isView(value)) return value;
  const list = value as ArrayLike<number | bigint>;
  const layers = typeof numLayers === "number" ? numLayers : 0;
  check(list.length === layers, `${at} must be a number, or ${layers} numbers, one a layer`, list.length);
  const each = Array.from(list, Number);
  check(
    each.every((own) => own === each[0]),
    `${at} must be the same in all layers`,
    each,
  );
  return each[0];
};

/** Values by which files say that a model has nothing of a kind: such a key counts as absent. */
const nothing: Readonly<Record<string, MetadataValue>> = {
  "attention.causal": true,
  "attention.clamp_kqv": 0,
  "attention.max_alibi_bias": 0,
  "attention.sliding_window": 0,
  expert_count: 0,
  expert_shared_count: 0,
  expert_used_count: 0,
  pooling_type: 0,
};

const saysNothing = (key: string, value: MetadataValue | undefined): boolean =>
  Object.hasOwn(nothing, key) && nothing[key] === value;

export const architectureKeys = (at: string, metadata: Metadata): ArchitectureKeys => {
  const architecture = metadata.get("general.architecture");
  check(typeof architecture === "string", `${at}: general.architecture must be text`, architecture, "string");
  const prefix = `${architecture}.`;
  const read = new Set<string>();
  const take = (key: string): MetadataValue | undefined => {
    read.add(prefix + key);
    const value = metadata.get(prefix + key);
    return saysNothing(key, value) ? undefined : value;
  };
  const number = (key: string): number | undefined => {
    const stated = take(key);
    if (stated === undefined) return undefined;
    const value = oneOf(`${at}: ${prefix}${key}`, stated, metadata.get(`${prefix}block_count`));
    check(typeof value === "number", `${at}: ${prefix}${key} must be a number`, value, "number");
    check(Number.isFinite(value), `${at}: ${prefix}${key} must be finite`, value);
    return shortest(value);
  };
  return {
    at,
    architecture,
    nameOf: (key) => prefix + key,
    states: (key) => metadata.has(prefix + key),
    number,
    needNumber: (key) => {
      const value = number(key);
      const stated = metadata.get(prefix + key);
      check(
        value !== undefined,
        `${at}: ${prefix}${key} must be a number${stated === undefined ? "" : " above 0"}`,
        stated,
        "number",
      );
      return value;
    },
    text: (key) => {
      const value = take(key);
      check(value === undefined || typeof value === "string", `${at}: ${prefix}${key} must be text`, value, "string");
      return value;
    },
    flags: (key) => {
      const value = take(key);
      if (value === undefined || typeof value === "number") return undefined;
      check(areFlags(value), `${at}: ${prefix}${key} must be a list of true and false`, value);
      return value;
    },
    check: (holds, key, rule, got) => check(holds, `${at}: ${prefix}${key} ${rule}`, got),
    ignore: (...keys) => {
      for (const key of keys) take(key);
    },
    checkAllRead: () => {
      const unread = [...metadata.keys()].find(
        (key) => key.startsWith(prefix) && !read.has(key) && !saysNothing(key.slice(prefix.length), metadata.get(key)),
      );
      check(
        unread === undefined,
        `${at}: the architecture ${architecture} must be stated by keys that are read here`,
        unread && showName(unread),
      );
    },
  };
};
