/** What is asked of the hub, checked, with the environment's answers for what is not said. */
import { HUB_URL, getHFHubCachePath, getRepoFolderName } from "@huggingface/hub";
import { join, resolve } from "node:path";
import { check, checkKeys } from "@ropewalk/check";
import { checkTimeout, usualTimeout } from "../url/time-limit.ts";

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
  /** Absent: HF_HUB_CACHE, or the folder hub in HF_HOME, or ~/.cache/huggingface/hub. */
  readonly cacheFolder?: string;
  /** Absent: HF_TOKEN. */
  readonly token?: string;
  /** The hub's address. Absent: HF_ENDPOINT, or https://huggingface.co. */
  readonly endpoint?: string;
  readonly fetch?: typeof fetch;
  /**
   * Milliseconds that the hub may be silent, at most: until it answers, and between two pieces of a file. `Infinity`: any. Absent:
   * HF_HUB_DOWNLOAD_TIMEOUT, which is in seconds, or 10,000.
   */
  readonly timeout?: number;
  /** Ends a download; what has come is kept. */
  readonly signal?: AbortSignal;
  /** Called when a download begins or goes on, and with every piece that comes. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Told, in a sentence, when the cache is used without asking the hub. Absent: a warning of the process. */
  readonly onNotice?: (notice: string) => void;
};

export type Hub = Required<Pick<HubOptions, "id" | "revision" | "cacheFolder" | "endpoint" | "fetch" | "onNotice">> & {
  readonly token: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number;
  readonly onProgress: (progress: DownloadProgress) => void;
  /** The repository's folder in the cache. */
  readonly folder: string;
  /** Whether HF_HUB_OFFLINE forbids to ask. */
  readonly offline: boolean;
};

export const idForm: RegExp = /^(?!.*(?:--|\.\.))\w[\w.-]*\/\w[\w.-]*$/;

/** Names become a part of a path: none may lead out of its folder. */
export const checkName = (what: string, name: string): void =>
  check(
    name.split("/").every((part) => part !== "" && part !== "." && part !== "..") && !/^[A-Za-z]:|[\\\0]/.test(name),
    `openHub: ${what} must be a name that stays inside its folder`,
    name,
  );

const timeoutFrom = (stated: number | undefined): number => {
  const { HF_HUB_DOWNLOAD_TIMEOUT: seconds } = process.env;
  const [name, timeout] =
    stated === undefined && seconds
      ? ["HF_HUB_DOWNLOAD_TIMEOUT", 1000 * Number(seconds)]
      : ["timeout", stated ?? usualTimeout];
  checkTimeout("openHub", name, timeout);
  return timeout;
};

/** @throws RangeError when the id, the revision or the token is none; TypeError for an option that there is not */
export const hubFrom = (options: HubOptions): Hub => {
  checkKeys<HubOptions>("openHub", "options", options, {
    ...{ id: true, revision: true, cacheFolder: true, token: true, endpoint: true, fetch: true, timeout: true },
    ...{ signal: true, onProgress: true, onNotice: true },
  });
  const { id, revision = "main", signal, fetch: send = fetch, onProgress = () => {} } = options;
  const { HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE = "" } = process.env;
  check(idForm.test(id), "openHub: id must be owner/name", id);
  checkName("revision", revision);
  const token = options.token ?? (HF_TOKEN || undefined);
  // A token is a secret: the message does not show it.
  if (token !== undefined && !token.startsWith("hf_"))
    throw new RangeError("openHub: the token (HF_TOKEN) must start with hf_, got one that does not");
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw new RangeError(
      "openHub: the token (HF_TOKEN) must be letters, digits and signs alone, got one with a space, a line break or another character",
    );
  const cacheFolder = resolve(options.cacheFolder ?? getHFHubCachePath());
  return {
    id,
    revision,
    cacheFolder,
    token,
    signal,
    timeout: timeoutFrom(options.timeout),
    onProgress,
    endpoint: (options.endpoint ?? (HF_ENDPOINT || HUB_URL)).replace(/\/+$/, ""),
    fetch: send,
    onNotice: options.onNotice ?? ((notice) => process.emitWarning(notice)),
    folder: join(cacheFolder, getRepoFolderName({ type: "model", name: id })),
    offline: /^(1|on|yes|true)$/i.test(HF_HUB_OFFLINE),
  };
};
