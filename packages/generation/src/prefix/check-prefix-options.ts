/** Checks the options of functions that read, save and open prefixes. */
import { checkKeys, oneOf, optional, whole } from "@ropewalk/check";
import type { BeyondCapacity } from "../overflow/capacity.ts";
import { chunkKeys } from "../run/check-chunk-options.ts";
import { optionalFunction, optionalSignal } from "../run/option-rules.ts";
import type { ReadOptions } from "./read-prompt.ts";
import type { FileOptions } from "./save-file.ts";

export const checkReadOptions = (where: string, options: ReadOptions): void => {
  checkKeys<ReadOptions>(where, "options", options, {
    ...chunkKeys,
    room: optional(whole),
    beyondCapacity: optional(oneOf(["refuse", "allow"] satisfies BeyondCapacity[])),
  });
};

export const checkFileOptions = (where: string, options: FileOptions): void => {
  checkKeys<FileOptions>(where, "options", options, { signal: optionalSignal, onProgress: optionalFunction });
};
