/** The properties of transformers.js's `env` that are read and set. */
import type { env } from "@huggingface/transformers";

export type TransformersEnv = Pick<
  typeof env,
  | "allowLocalModels"
  | "allowRemoteModels"
  | "cacheDir"
  | "cacheKey"
  | "customCache"
  | "fetch"
  | "localModelPath"
  | "remoteHost"
  | "remotePathTemplate"
  | "useBrowserCache"
  | "useCustomCache"
  | "useFS"
  | "useFSCache"
>;

export type Cache = NonNullable<TransformersEnv["customCache"]>;

/** The answer of a cache: a path in Node, a response, or undefined. */
export type Found = Awaited<ReturnType<Cache["match"]>>;

export const inNode = (): boolean => typeof process !== "undefined" && process.versions?.node !== undefined;
