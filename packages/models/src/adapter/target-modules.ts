/**
 * Which modules an adapter's config targets.
 *
 *   a list of names        modules whose name is one of them, or ends with "." and one of them;
 *                          where layers are listed too, only modules inside one of these: "<pattern>.<index>."
 *   a regular expression   is not evaluated: which tensors the file has says the same
 */
import { check } from "@ropewalk/check";
import { valueOf, type ConfigObject } from "../config/config-object.ts";

/** Whether a module is targeted; undefined where only the tensors can tell. */
export type Targets = (module: string) => boolean | undefined;

const isText = (value: unknown): value is string => typeof value === "string";

/** A list of names, or one text; undefined when the key is absent or null. */
const namesOf = (config: ConfigObject, key: string): string | readonly string[] | undefined => {
  const value = valueOf(config, key);
  if (value === undefined || isText(value)) return value;
  const isList = Array.isArray(value) && value.every(isText);
  check(isList, `${config.at}: ${key} must be names or one text`, value, "string");
  return value as readonly string[];
};

const layersOf = (config: ConfigObject): ReadonlySet<number> | undefined => {
  const key = "layers_to_transform";
  const value = valueOf(config, key);
  if (value === undefined) return undefined;
  const layers: readonly unknown[] = Array.isArray(value) ? value : [value];
  for (const layer of layers)
    check(Number.isSafeInteger(layer), `${config.at}: ${key} must be indices of layers`, layer, "number");
  return layers.length === 0 ? undefined : new Set(layers as readonly number[]);
};

/** The index of the layer that a module lies in; of nested lists of layers, the innermost counts. */
const layerIn = (module: string, patterns: readonly string[] | undefined): number | undefined => {
  const parts = module.split(".");
  const isIndex = (part: string | undefined): boolean => part !== undefined && /^\d+$/.test(part);
  // There must be a part before the list's name, and one behind the index.
  for (let at = parts.length - 2; at >= 2; at--)
    if (isIndex(parts[at]) && (patterns?.includes(parts[at - 1]!) ?? true)) return Number(parts[at]);
  return undefined;
};

const endsWith = (names: readonly string[], module: string): boolean =>
  names.some((name) => module === name || module.endsWith(`.${name}`));

/** @throws RangeError and TypeError naming the key and the value */
export const readTargets = (config: ConfigObject): Targets => {
  const targets = namesOf(config, "target_modules");
  check(targets !== undefined, `${config.at}: target_modules must be names or one text`, targets, "string");
  const excluded = namesOf(config, "exclude_modules") ?? [];
  const layers = layersOf(config);
  const patterns = namesOf(config, "layers_pattern") ?? [];
  const lists = isText(patterns) ? [patterns] : patterns;
  for (const name of lists)
    check(/^\w+$/.test(name), `${config.at}: layers_pattern must be names of lists of layers`, name);
  if (isText(targets) || isText(excluded)) return () => undefined;
  return (module) => {
    if (!endsWith(targets, module) || endsWith(excluded, module)) return false;
    if (layers === undefined || targets.includes(module)) return true;
    const layer = layerIn(module, lists.length === 0 ? undefined : lists);
    return layer !== undefined && layers.has(layer);
  };
};
