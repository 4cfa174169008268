/** The options of a download from the hub, checked; what they leave out comes from the environment, or is the default. */
import { checkKeys } from "@ropewalk/check";
import { checkTimeout, defaultTimeout } from "../url/time-limit.ts";
import { checkId, checkName } from "./repository-name.ts";

export type DownloadProgress = {
  readonly file: string;
  /** Bytes that are here, with those that an earlier download left. */
  readonly done: number;
  readonly total: number;
};

export type HubOptions = {
  /** `owner/name`. */
  readonly id: string;
  /** A branch, a tag or a commit. Default main. */
  readonly revision?: string;
  /**
   * In Node the path of the cache folder; absent: HF_HUB_CACHE, or the folder hub in HF_HOME, or ~/.cache/huggingface/hub. In a browser
   * the name of the cache in the page's Cache Storage; absent: ropewalk-hub.
   */
  readonly cacheFolder?: string;
  /** Absent: HF_TOKEN. */
  readonly token?: string;
  /** The hub's address. Absent: HF_ENDPOINT, or https://huggingface.co. */
  readonly endpoint?: string;
  readonly fetch?: typeof fetch;
  /**
   * The most milliseconds that the hub may be silent: until it answers, and between two pieces of a file. `Infinity`: any. Absent:
   * HF_HUB_DOWNLOAD_TIMEOUT, which is in seconds, or 10,000.
   */
  readonly timeout?: number;
  /** Ends a download. */
  readonly signal?: AbortSignal;
  /** Called when a download begins or goes on, and with every piece that comes. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Gets a sentence when the cache is used without asking the hub. Absent: a warning of the process, or on a page's console. */
  readonly onNotice?: (notice: string) => void;
};

/** The options of `openSource`, whose first argument names the repository. */
export type SourceOptions = Omit<HubOptions, "id" | "revision">;

/** Checked options: which repository is downloaded, from where, and how. */
export type Hub = Required<Pick<HubOptions, "id" | "revision" | "endpoint" | "fetch" | "onNotice" | "onProgress">> & {
  readonly token: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number;
  /** Whether HF_HUB_OFFLINE forbids to ask the hub. */
  readonly offline: boolean;
};

/** What Node and a browser have each of their own. */
export type Platform = {
  /** The environment's variables. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gets the notices where `onNotice` is absent. */
  readonly warn: (notice: string) => void;
};

const sourceOptionKeys = {
  cacheFolder: true,
  token: true,
  endpoint: true,
  fetch: true,
  timeout: true,
  signal: true,
  onProgress: true,
  onNotice: true,
} as const;

/** @throws TypeError for an option that does not exist */
export const checkSourceOptions = (options: SourceOptions): void => {
  checkKeys<SourceOptions>("openSource", "options", options, sourceOptionKeys);
};

const timeoutFrom = (stated: number | undefined, seconds: string | undefined): number => {
  const [name, timeout] =
    stated === undefined && seconds
      ? ["HF_HUB_DOWNLOAD_TIMEOUT", 1000 * Number(seconds)]
      : ["timeout", stated ?? defaultTimeout];
  checkTimeout("openHub", name, timeout);
  return timeout;
};

/** @throws RangeError when the id, the revision or the token is not valid; TypeError for an option that does not exist */
export const hubFrom = (options: HubOptions, { environment, warn }: Platform): Hub => {
  checkKeys<HubOptions>("openHub", "options", options, { id: true, revision: true, ...sourceOptionKeys });
  const { id, revision = "main", signal, fetch: send = fetch, onProgress = () => {}, onNotice = warn } = options;
  const { HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE = "", HF_HUB_DOWNLOAD_TIMEOUT } = environment;
  checkId(id);
  checkName("revision", revision);
  const token = options.token ?? (HF_TOKEN || undefined);
  // A token is a secret: the message does not show it.
  if (token !== undefined && !token.startsWith("hf_"))
    throw new RangeError("openHub: the token (HF_TOKEN) must start with hf_, got one that does not");
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw new RangeError(
      "openHub: the token (HF_TOKEN) must be letters, digits and signs alone, got one with a space, a line break or another character",
    );
  return {
    id,
    revision,
    token,
    signal,
    timeout: timeoutFrom(options.timeout, HF_HUB_DOWNLOAD_TIMEOUT),
    onProgress,
    endpoint: (options.endpoint ?? (HF_ENDPOINT || "https://huggingface.co")).replace(/\/+$/, ""),
    fetch: send,
    onNotice,
    offline: /^(1|on|yes|true)$/i.test(HF_HUB_OFFLINE),
  };
};
