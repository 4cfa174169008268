/**
 * Models that transformers.js loads, extended on their way in. A file comes in by one of three doors:
 *
 *     a cache      customCache.match(key)   rewritten on the way out, so that a cache only ever holds originals
 *     an address   fetch(address)           rewritten where transformers.js takes the bytes; the original goes to the cache
 *     a disk       a path in Node           offered by match, which is asked before the disk is
 */
import { check, checkFunction, checkKeys, oneOf, optional, show, type Keys, type Rule } from "@ropewalk/check";
import { attentionOutputs, runtimes, type Attentions, type Runtime } from "@ropewalk/onnx-exports";
import { checkExtension, type ContextExtension } from "@ropewalk/context-extension";
import { cacheFormats, cachePrecisions, type CachePrecision } from "@ropewalk/decoder";
import { asFound, isFile, readBytes, readPart, workspace } from "#disk";
import { inNode, type Cache, type Found, type TransformersEnv } from "./environment.ts";
import { kindOf, type FileKind } from "./file-kind.ts";
import { ownCache } from "./default-cache.ts";
import { localPaths, remoteFile } from "./hub-address.ts";
import { dataInFlight } from "./data-in-flight.ts";
import { bytesResponse, failingResponse } from "./responses.ts";
import { rewrite, type Originals } from "./rewrite-file.ts";

export type { TransformersEnv } from "./environment.ts";

export type ExtendModelsOptions = {
  /** What to put on every decoder that is loaded. */
  readonly extension: ContextExtension;
  /**
   * Who keeps the cache of the decoders that are loaded. "portable": transformers.js. "ropewalk": `withRopewalk`, which every one
   * of them must be given to before it runs. Absent: "portable".
   */
  readonly runtime?: Runtime;
  /** How `withRopewalk` keeps settled keys and values: one of `cachePrecisions` that is for exports. Absent: "float32". */
  readonly cache?: CachePrecision;
  /**
   * What of its attention every decoder gives out, for `generate` with `output_attentions`: the weights of every pair, or their
   * entropy in nats. Absent: nothing.
   */
  readonly attentions?: Attentions;
  /** Where Node keeps rewritten models while the process runs; absent: the system's folder for temporary files. */
  readonly folder?: string;
  /** Told what stays as it is, and what an extension switches off. Absent: console.warn. */
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

const isAddress = (key: string): boolean => /^(https?|blob):/.test(key);
const isRewritten = (kind: FileKind): boolean => ["model", "config", "tokenizer-config"].includes(kind);
/** In Node transformers.js takes models by path, out of its cache; everything else as the bytes that were fetched. */
const isTakenAsFetched = (kind: FileKind): boolean => isRewritten(kind) && !(kind === "model" && inNode());

const pathOf = (found: Found): string | undefined =>
  typeof found === "string" ? found : found && "filePath" in found ? (found.filePath as string) : undefined;

/**
 * From now on a plain `from_pretrained` or `pipeline` gives the extended model. Caches keep the original files. Models that
 * were loaded before stay as they are.
 *
 * @param env - that of transformers.js; its `customCache`, where one is used, is asked as before
 * @returns what undoes it: models that are loaded then are plain, and the folders of rewritten ones are removed
 */
export const extendModels = (env: TransformersEnv, options: ExtendModelsOptions): (() => Promise<void>) => {
  if (typeof env !== "object" || env === null || typeof env.fetch !== "function")
    throw new TypeError(`extendModels: env must be that of transformers.js, got ${show(env)}`);
  checkKeys("extendModels", "options", options, optionKeys);
  const { folder, onNotice = console.warn, ...put } = options;
  const before = { useCustomCache: env.useCustomCache, customCache: env.customCache, fetch: env.fetch };
  const known = (): Promise<Cache | undefined> =>
    ownCache(env, before.useCustomCache && before.customCache !== null ? before.customCache : undefined);
  const work = workspace(folder);
  const written = new Map<string, Promise<Found>>();
  /** Local paths that were found; transformers.js asks for them again by their address on the hub. */
  const foundLocally = new Set<string>();

  const data = dataInFlight();

  const onDisk = async (key: string): Promise<boolean> =>
    inNode() && env.allowLocalModels && env.useFS && !isAddress(key) && isFile(key);

  const bytesOf = async (found: NonNullable<Found>): Promise<Uint8Array> => {
    const path = pathOf(found);
    return path === undefined ? new Uint8Array(await (found as Response).arrayBuffer()) : readBytes(path);
  };

  const originals: Originals = {
    stored: async (key) => {
      const found = await (await known())?.match(key);
      if (found) return bytesOf(found);
      return (await onDisk(key)) ? readBytes(key) : undefined;
    },
    fetched: async (key) => {
      const isRemote = remoteFile(env, key) !== undefined;
      if (isRemote ? !env.allowRemoteModels : inNode()) return undefined;
      const response = (await before.fetch(key)) as Response;
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
    },
    part: async (key, from, to) => {
      const found = await (await known())?.match(key);
      const path = pathOf(found) ?? ((await onDisk(key)) ? key : undefined);
      if (path !== undefined) return readPart(path, from, to);
      const isRemote = remoteFile(env, key) !== undefined;
      if (isRemote ? !env.allowRemoteModels : inNode()) return undefined;
      const headers = { range: `bytes=${from}-${to - 1}` };
      const response = (await before.fetch(key, { headers }).catch(() => undefined)) as Response | undefined;
      if (response?.status === 206) return new Uint8Array(await response.arrayBuffer());
      // A server that has no ranges would send all of it.
      await response?.body?.cancel();
      return undefined;
    },
  };

  const rewriteFile = (file: Parameters<typeof rewrite>[1]) => rewrite({ put, onNotice }, file, originals);

  const original = async (key: string): Promise<{ readonly key: string; readonly found: Found }> => {
    const found = await (await known())?.match(key);
    if (found) return { key, found };
    const remote = remoteFile(env, key);
    const local = remote ? localPaths(env, remote).find((path) => foundLocally.has(path)) : key;
    if (local === undefined || kindOf(local) === "other" || !(await onDisk(local))) return { key, found: undefined };
    foundLocally.add(local);
    return { key: local, found: await asFound(local) };
  };

  /** The rewritten file in the form that the original has. */
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

  const offered = async (key: string, found: NonNullable<Found>): Promise<Found> => {
    const [kind, path] = [kindOf(key), pathOf(found)];
    if (kind === "data" && path !== undefined) await work.addData(path);
    if (!isRewritten(kind)) return found;
    return kind === "model" && path !== undefined ? rewriteOnce(key, found, path) : rewriteFound(key, found);
  };

  const customCache: Cache = {
    match: async (request) => {
      const answer = async (): Promise<Found> => {
        const { key, found } = await original(request);
        return found && offered(key, found).catch((error: unknown) => failingResponse(error, data.settled));
      };
      return kindOf(request) === "data" && inNode()
        ? data.follow(request, remoteFile(env, request) !== undefined, answer)
        : answer();
    },
    put: async (key, response, onProgress) => {
      // What was rewritten when it was fetched is in the cache already, as it was.
      if (!isTakenAsFetched(kindOf(key))) await (await known())?.put(key, response, onProgress);
    },
    delete: async (key) => (await (await known())?.delete?.(key)) ?? false,
  };

  const fetch: TransformersEnv["fetch"] = async (input, init) => {
    const key = String(input);
    const response = (await before.fetch(input, init)) as Response;
    const asksSize = new Headers(init?.headers).has("range");
    if (!isTakenAsFetched(kindOf(key)) || asksSize || !response.ok) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    await (
      await known()
    )
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
