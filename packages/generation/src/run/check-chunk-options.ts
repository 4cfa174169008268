/** Checks the options of functions that run tokens in chunks. */
import { checkKeys, optional, type Rule } from "@ropewalk/check";
import type { LogitsOptions } from "./logits.ts";
import { isPrefix } from "../prefix/prefix.ts";
import type { ChunkOptions } from "./chunk-rows.ts";
import { optionalFunction, optionalPositive, optionalSignal } from "./option-rules.ts";
import type { PrefillOptions } from "./prefill.ts";

export const chunkKeys: Readonly<Record<keyof ChunkOptions, Rule>> = {
  chunkSize: optionalPositive,
  signal: optionalSignal,
  onProgress: optionalFunction,
};

export const checkChunkOptions = (where: string, options: ChunkOptions): void => {
  checkKeys<ChunkOptions>(where, "options", options, chunkKeys);
};

export const checkPrefillOptions = (options: PrefillOptions): void => {
  checkKeys<PrefillOptions>("prefill", "options", options, { ...chunkKeys, onLogits: optionalFunction });
};

export const checkLogitsOptions = (options: LogitsOptions): void => {
  checkKeys<LogitsOptions>("logits", "options", options, { ...chunkKeys, after: optional(isPrefix) });
};
