/** Checks the options of `openModel` and `loadModel`, before anything is opened or loaded. */
import type { Backend } from "@ropewalk/backend";
import { checkKeys, oneOf, optional, show, trueOrFalse, type Keys, type Rule } from "@ropewalk/check";
import { cachePrecisions } from "@ropewalk/decoder";
import { precisionNames } from "@ropewalk/models";
import { optionalFunction, optionalPositive } from "../run/option-rules.ts";
import type { LoadOptions } from "./load-model.ts";
import type { OpenOptions } from "./open-model.ts";

const openKeys: Keys<OpenOptions> = { hub: true, trainedContext: optionalPositive, model: true };

/** The option that is meant by names from other libraries. */
const meantNames = {
  adapters: "adapter",
  lora: "adapter",
  device: "backend",
  dtype: "quantize, or the backend's precision,",
  precision: "quantize, or the backend's precision,",
  positions: "extension: { positions: … }",
  rope: "extension: { rope: … }",
  entropy: "extension: { entropy: … }",
};

export const checkOpenOptions = (where: string, options: OpenOptions): void => {
  checkKeys(where, "options", options, openKeys, meantNames);
};

/** What was probably forgotten where the value is no backend. */
const backendHint = (value: unknown): string => {
  if (typeof value === "function") return `it must be called, as in ${value.name}()`;
  if (value instanceof Promise) return "it must be awaited";
  return "one is made by cpu() of @ropewalk/backend-node, for instance";
};

const isBackend: Rule = (where, name, value) => {
  const { bufferTypes, createSession } = { ...(value as Partial<Backend> | undefined) };
  if (Array.isArray(bufferTypes) && typeof createSession === "function") return;
  throw new TypeError(`${where}: ${name} must be a backend, got ${show(value)}; ${backendHint(value)}`);
};

const loadKeys: Keys<LoadOptions> = {
  ...openKeys,
  backend: isBackend,
  extension: true,
  adapter: true,
  quantize: optional(oneOf(precisionNames)),
  cache: optional(oneOf(cachePrecisions)),
  onQuantize: optionalFunction,
  checkWeights: optional(trueOrFalse),
};

export const checkLoadOptions = (options: LoadOptions): void => {
  checkKeys("loadModel", "options", options, loadKeys, meantNames);
};
