/**
 * A checkpoint's files behind addresses, for browsers and Node alike. A file is fetched, whole, when it is first asked for. A page can keep
 * the files in a cache of its own.
 */
import { check, checkKeys, optional, show } from "@ropewalk/check";
import { inMemoryFile, type CheckpointFile, type CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { isGgufName } from "../gguf/model-names.ts";
import { optionalFunction, optionalText } from "./option-rules.ts";
import { openPageCache, type PageCache } from "./page-cache.ts";
import { checkTimeout, defaultTimeout, withinTime } from "./time-limit.ts";

/** Files whose addresses need have nothing in common, such as the assets of a bundler. */
export type FilesByUrl = {
  readonly name: string;
  /** The address of each file, by its name in the folder. */
  readonly files: Readonly<Record<string, URL>>;
};

export type UrlOptions = {
  /** The most milliseconds that a server may be silent: until it answers, and between two pieces of a file. Default 10,000. */
  readonly timeout?: number;
  /**
   * In a browser, the name of a cache in the page's Cache Storage. What was fetched is kept there under its address, and not asked for
   * again: where the files behind an address change, take another name. Absent: the browser's own cache alone.
   */
  readonly cache?: string;
  /** Gets a sentence when a file could not be kept in the cache. Absent: a warning on the console. */
  readonly onNotice?: (notice: string) => void;
};

const checkUrl = (name: string, url: unknown): URL => {
  check(url instanceof URL, `openUrl: ${name} must be a URL`, url, "object");
  const got = url.protocol === "file:" ? `${url.href}; openFolder of @ropewalk/models/node opens that` : url.href;
  if (!/^(https?|blob|data):$/.test(url.protocol))
    throw new RangeError(`openUrl: ${name} must be an https:, http:, blob: or data: URL, got ${got}`);
  return url;
};

/** Whether an answer means that there is no such file. Servers of single-page applications answer with their page then. */
const isMissing = ({ status, headers }: Response): boolean =>
  status === 404 || status === 410 || headers.get("content-type")?.startsWith("text/html") === true;

/** The same answer; `notice` is called for each piece. */
const watched = ({ body }: Response, notice: () => void): Response =>
  new Response(
    body?.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform: (piece, into) => {
          notice();
          into.enqueue(piece);
        },
      }),
    ),
  );

/** @throws Error that names the address, when the answer is neither the file nor that there is none */
const fetchFile = async (name: string, url: URL, timeout: number): Promise<CheckpointFile | undefined> => {
  try {
    return await withinTime({ fetch, timeout }, async (server) => {
      const response = await server.fetch(url);
      server.alive();
      if (isMissing(response)) return undefined;
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`.trimEnd());
      return inMemoryFile(name, new Uint8Array(await watched(response, server.alive).arrayBuffer()));
    });
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
    throw new Error(`openUrl: ${name} must come from ${show(url.href)}, got ${why}`, { cause: error });
  }
};

/** A cache keeps what is behind addresses of a server. */
const isOnServer = ({ protocol }: URL): boolean => protocol === "https:" || protocol === "http:";

/** The file out of the cache, or fetched and kept there. */
const fetchThroughCache = async (
  cache: PageCache,
  name: string,
  url: URL,
  timeout: number,
): Promise<CheckpointFile | undefined> => {
  const kept = await cache.read(url.href);
  if (kept !== undefined) return inMemoryFile(name, kept);
  const fetched = await fetchFile(name, url, timeout);
  if (fetched !== undefined) await cache.keep(url.href, await fetched.source.read(0, fetched.source.size));
  return fetched;
};

type Addresses = { readonly name: string; readonly of: (file: string) => URL | undefined; readonly gguf?: string };

const ofFiles = (source: FilesByUrl): Addresses => {
  const { name, files } = (source ?? {}) as Partial<FilesByUrl>;
  if (typeof name !== "string" || typeof files !== "object")
    throw new TypeError(`openUrl: source must be a URL, or name and files, got ${show(source)}`);
  for (const [file, url] of Object.entries(files)) checkUrl(`the address of ${file}`, url);
  return { name, of: (file) => (Object.hasOwn(files, file) ? files[file] : undefined) };
};

const ofFolder = (folder: URL): Addresses => {
  const { href, pathname } = checkUrl("source", folder);
  const gguf = decodeURIComponent(pathname.split("/").at(-1)!);
  if (isGgufName(gguf)) return { name: gguf, gguf, of: (file) => new URL(encodeURIComponent(file), href) };
  const within = new URL(pathname.endsWith("/") ? href : href.replace(/\/?(?=[?#]|$)/, "/"));
  return {
    name: pathname.split("/").findLast((part) => part !== "") ?? within.host,
    of: (file) => new URL(file, within),
  };
};

/**
 * Opens a checkpoint by the address of its folder or of a GGUF file, or by those of its files. Nothing is fetched yet.
 *
 * @throws TypeError for what is neither; RangeError for a URL that cannot be fetched, such as a file: URL; Error for a cache where there is
 *   no Cache Storage
 */
export const openUrl = (source: URL | FilesByUrl, options: UrlOptions = {}): CheckpointFolder => {
  checkKeys<UrlOptions>("openUrl", "options", options, {
    timeout: optional(checkTimeout),
    cache: optionalText,
    onNotice: optionalFunction,
  });
  const { timeout = defaultTimeout, onNotice = (notice: string) => console.warn(notice) } = options;
  const cache = options.cache === undefined ? undefined : openPageCache("openUrl", options.cache, onNotice);
  const { name, of, gguf } = source instanceof URL ? ofFolder(source) : ofFiles(source);
  const fetchNamed = (file: string, url: URL): Promise<CheckpointFile | undefined> =>
    cache !== undefined && isOnServer(url)
      ? fetchThroughCache(cache, file, url, timeout)
      : fetchFile(file, url, timeout);
  const known = new Map<string, Promise<CheckpointFile | undefined>>();
  return {
    name,
    ...(gguf !== undefined && { gguf }),
    file: async (file) => {
      const url = of(file);
      if (url === undefined) return undefined;
      const fetched = known.get(file) ?? fetchNamed(file, url);
      known.set(file, fetched);
      // A file that failed is asked for again the next time.
      fetched.catch(() => known.delete(file));
      return fetched;
    },
  };
};
