/** Every family, one row each. */
import { check } from "./check.ts";
import { configObject, valueOf } from "./config-object.ts";
import type { Family } from "./family.ts";
import { llama } from "./llama/index.ts";

const families: readonly Family[] = [llama];

/** The family that a parsed config.json names as its `model_type`. */
export const familyOf = (config: unknown): Family => {
  const modelType = valueOf(configObject("loadCheckpoint: config.json", config), "model_type");
  const family = families.find(({ modelTypes }) => modelTypes.some((type) => type === modelType));
  const known = families.flatMap(({ modelTypes }) => modelTypes).join(", ");
  check(family !== undefined, `loadCheckpoint: config.json: model_type must be one of ${known}`, modelType, "string");
  return family;
};
