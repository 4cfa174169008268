/** The table of all families, and how a config's family is found. */
import { check } from "@ropewalk/check";
import { configObject, valueOf, type ConfigObject } from "../config/config-object.ts";
import type { Family } from "./family.ts";
import { gemma } from "./gemma/index.ts";
import { gemma2 } from "./gemma2/index.ts";
import { gemma3 } from "./gemma3/index.ts";
import { llama } from "./llama/index.ts";
import { mistral } from "./mistral/index.ts";
import { phi } from "./phi/index.ts";
import { phi3 } from "./phi3/index.ts";
import { qwen2 } from "./qwen2/index.ts";
import { qwen3 } from "./qwen3/index.ts";
import { smollm3 } from "./smollm3/index.ts";

const families: readonly Family[] = [gemma, gemma2, gemma3, llama, mistral, phi, phi3, qwen2, qwen3, smollm3];

/** The family that a config names in `model_type`; undefined where it names none of these. */
export const familyNamed = (config: ConfigObject): Family | undefined => {
  const modelType = valueOf(config, "model_type");
  return families.find(({ modelTypes }) => modelTypes.some((type) => type === modelType));
};

/**
 * The values of `architectures` that are accepted: the family's own, its other spellings, and the name of the layers alone, whose config is
 * the same. Whether there is a head is decided by the tensors.
 */
const architecturesOf = ({ architecture, spellings = [] }: Family): readonly string[] => [
  architecture,
  ...spellings,
  architecture.replace("ForCausalLM", "Model"),
];

/** The family that a parsed config.json names in `model_type`. If it states `architectures`, these must include the family's. */
export const familyOf = (config: unknown): Family => {
  const object = configObject("loadCheckpoint: config.json", config);
  const modelType = valueOf(object, "model_type");
  const family = familyNamed(object);
  const known = families.flatMap(({ modelTypes }) => modelTypes).join(", ");
  check(family !== undefined, `${object.at}: model_type must be one of ${known}`, modelType, "string");
  const stated = valueOf(object, "architectures") ?? [family.architecture];
  check(
    Array.isArray(stated) && architecturesOf(family).some((name) => stated.includes(name)),
    `${object.at}: architectures must have ${family.architecture} where model_type is ${String(modelType)}`,
    stated,
    "object",
  );
  return family;
};
