/**
 * Extends the models that transformers.js loads. A file comes in by one of three doors:
 *
 *     a cache      customCache.match(key)   rewritten on the way out, so a cache holds originals alone
 *     an address   fetch(address)           rewritten if transformers.js takes the bytes; the original goes to the cache
 *     a disk       a path in Node           given by match, which transformers.js asks before it reads the disk
 */
import { check, checkFunction, checkKeys, oneOf, optional, show, type Keys, type Rule } from "@ropewalk/check";
import { attentionOutputs, runtimes, type Attentions, type Runtime } from "@ropewalk/onnx-exports";
import { checkExtension, type ContextExtension } from "@ropewalk/context-extension";
import { cacheFormats, cachePrecisions, type CachePrecision } from "@ropewalk/decoder";
import { workspace } from "#disk";
import { dataInFlight } from "./data-in-flight.ts";
import { inNode, type Cache, type Found, type TransformersEnv } from "./environment.ts";
import { kindOf, type FileKind } from "./file-kind.ts";
import { remoteFile } from "./hub-address.ts";
import { bytesOf, originalFiles, pathOf, type EnvBefore } from "./original-files.ts";
import { bytesResponse, failingResponse } from "./responses.ts";
import { rewrite } from "./rewrite-file.ts";

export type { TransformersEnv } from "./environment.ts";

export type ExtendModelsOptions = {
  /** The extension for every decoder that is loaded. */
  readonly extension: ContextExtension;
  /**
   * Who keeps the cache of the decoders that are loaded. "portable": transformers.js. "ropewalk": `withRopewalk`, which must be
   * called with each of them before it runs. Absent: "portable".
   */
  readonly runtime?: Runtime;
  /** The format in which `withRopewalk` keeps settled keys and values: a cache precision that exports have. Absent: "float32". */
  readonly cache?: CachePrecision;
  /**
   * The attention that every decoder gives out, for `generate` with `output_attentions`: "maps", the weights of every pair of
   * tokens, or "entropies", the entropy of these weights in nats. Absent: nothing.
   */
  readonly attentions?: Attentions;
  /** The folder in which Node keeps rewritten models while the process runs. Absent: the system's folder for temporary files. */
  readonly folder?: string;
  /** Gets sentences about files that stay as they are, and about what an extension switches off. Absent: console.warn. */
  readonly onNotice?: (notice: string) => void;
};

const maybeText: Rule = (where, name, value) =>
  check(value === undefined || typeof value === "string", `${where}: ${name} must be text`, value, "string");

const optionKeys: Keys<ExtendModelsOptions> = {
  extension: (where, _, value) => checkExtension(where, value as ContextExtension),
  runtime: optional(oneOf(runtimes)),
  cache: optional(oneOf(cachePrecisions.filter((cache) => cacheFormats[cache].forExports))),
  attentions: optional(oneOf(attentionOutputs)),
  folder: maybeText,
  onNotice: optional(checkFunction),
};

const isRewritten = (kind: FileKind): boolean => ["model", "config", "tokenizer-config"].includes(kind);

/** Whether transformers.js takes the bytes that were fetched. In Node it takes models by their paths in its cache instead. */
const isTakenAsFetched = (kind: FileKind): boolean => isRewritten(kind) && !(kind === "model" && inNode());

/**
 * Makes a plain `from_pretrained` or `pipeline` give the extended model from now on. Caches keep the original files. Models that
 * were loaded before stay as they are.
 *
 * @param env - the `env` of transformers.js. If it uses a `customCache`, that is asked as before
 * @returns a function that undoes this: models that are loaded later are plain, and the folders of rewritten ones are removed
 */
export const extendModels = (env: TransformersEnv, options: ExtendModelsOptions): (() => Promise<void>) => {
  if (typeof env !== "object" || env === null || typeof env.fetch !== "function")
    throw new TypeError(`extendModels: env must be that of transformers.js, got ${show(env)}`);
  checkKeys("extendModels", "options", options, optionKeys);
  const { folder, onNotice = console.warn, ...put } = options;
  const before: EnvBefore = { useCustomCache: env.useCustomCache, customCache: env.customCache, fetch: env.fetch };
  const originals = originalFiles(env, before);
  const work = workspace(folder);
  const written = new Map<string, Promise<Found>>();
  const data = dataInFlight();
  const rewriteFile = (file: Parameters<typeof rewrite>[1]) => rewrite({ put, onNotice }, file, originals);

  /** The rewritten file, as a path if the original was found by its path, and as a response otherwise. */
  const rewriteFound = async (key: string, found: NonNullable<Found>): Promise<Found> => {
    let bytes: Uint8Array | undefined;
    const rewritten = await rewriteFile({
      kind: kindOf(key),
      key,
      bytes: async () => (bytes ??= await bytesOf(found)),
    });
    const path = pathOf(found);
    if (path === undefined) return rewritten || bytes ? bytesResponse(rewritten?.bytes ?? bytes!) : found;
    return rewritten ? work.writeModel(path, rewritten.bytes, rewritten.dataFiles) : found;
  };

  const rewriteOnce = (key: string, found: NonNullable<Found>, path: string): Promise<Found> => {
    if (!written.has(path)) written.set(path, rewriteFound(key, found));
    const model = written.get(path)!;
    model.catch(() => written.delete(path));
    return model;
  };

  /** A file as it is given to transformers.js. */
  const offered = async (key: string, found: NonNullable<Found>): Promise<Found> => {
    const [kind, path] = [kindOf(key), pathOf(found)];
    if (kind === "data" && path !== undefined) await work.addData(path);
    if (!isRewritten(kind)) return found;
    return kind === "model" && path !== undefined ? rewriteOnce(key, found, path) : rewriteFound(key, found);
  };

  const customCache: Cache = {
    match: async (request) => {
      const answer = async (): Promise<Found> => {
        const { key, found } = await originals.find(request);
        return found && offered(key, found).catch((error: unknown) => failingResponse(error, data.settled));
      };
      return kindOf(request) === "data" && inNode()
        ? data.follow(request, remoteFile(env, request) !== undefined, answer)
        : answer();
    },
    put: async (key, response, onProgress) => {
      // A file that was rewritten when it was fetched is in the cache already, as the original.
      if (!isTakenAsFetched(kindOf(key))) await (await originals.cache())?.put(key, response, onProgress);
    },
    delete: async (key) => (await (await originals.cache())?.delete?.(key)) ?? false,
  };

  const fetch: TransformersEnv["fetch"] = async (input, init) => {
    const key = String(input);
    const response = (await before.fetch(input, init)) as Response;
    const asksSize = new Headers(init?.headers).has("range");
    if (!isTakenAsFetched(kindOf(key)) || asksSize || !response.ok) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    const cache = await originals.cache();
    await cache
      ?.put(key, bytesResponse(bytes))
      .catch((error: unknown) => onNotice(`extendModels: ${key} could not be kept in the cache: ${String(error)}`));
    try {
      const rewritten = await rewriteFile({ kind: kindOf(key), key, bytes: async () => bytes });
      return bytesResponse(rewritten?.bytes ?? bytes);
    } catch (error) {
      return failingResponse(error, data.settled);
    }
  };

  Object.assign(env, { useCustomCache: true, customCache, fetch });
  return async () => {
    if (env.customCache !== customCache || env.fetch !== fetch)
      throw new RangeError(
        "extendModels: env must be as extendModels left it to be restored, got another customCache or fetch",
      );
    Object.assign(env, before);
    await work.remove();
  };
};
