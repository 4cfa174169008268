/** What of transformers.js's `env` is read and set. */
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

/** What a cache answers: a path in Node, a response, or nothing. */
export type Found = Awaited<ReturnType<Cache["match"]>>;

export const inNode = (): boolean => typeof process !== "undefined" && process.versions?.node !== undefined;
