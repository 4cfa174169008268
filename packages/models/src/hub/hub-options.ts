/** The options of a download from the hub, checked; what they leave out comes from the environment, or is the default. */
import { checkKeys, checkPath, optional, type Rule } from "@ropewalk/check";
import { optionalFunction, optionalSignal, optionalText } from "../url/option-rules.ts";
import { checkTimeout, defaultTimeout } from "../url/time-limit.ts";
import { addressOfHub } from "./address-of-hub.ts";
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
   * The GGUF file that is the model, by its name or, where the hub is reached, by a part of it, such as Q4_K_M. Absent: the repository is a
   * checkpoint's or an export's.
   */
  readonly gguf?: string;
  /**
   * In Node the path of the cache folder; absent: HF_HUB_CACHE, or the folder hub in HF_HOME, or ~/.cache/huggingface/hub. In a browser
   * the name of the cache in the page's Cache Storage; absent: ropewalk-hub.
   */
  readonly cacheFolder?: string;
  /** Absent: HF_TOKEN. */
  readonly token?: string;
  /** The hub's address, which begins with https:// or http://. Absent: HF_ENDPOINT, or https://huggingface.co. */
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
  /** Gets a sentence when the cache is used without asking the hub, or Ollama's settings of a model are not used. Absent: a warning of the process, or on a page's console. */
  readonly onNotice?: (notice: string) => void;
};

/** The options of `openSource`, whose first argument names the repository. */
export type SourceOptions = Omit<HubOptions, "id" | "revision" | "gguf">;

/** Checked options: which repository is downloaded, from where, and how. */
export type Hub = Required<Pick<HubOptions, "id" | "revision" | "endpoint" | "fetch" | "onNotice" | "onProgress">> & {
  readonly gguf: string | undefined;
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

/** A token is a secret: no message shows it. */
const checkToken = (where: string, token: unknown): void => {
  const refuse = (rule: string, got: string): never => {
    throw new (typeof token === "string" ? RangeError : TypeError)(
      `${where}: the token (HF_TOKEN) must ${rule}, got ${got}`,
    );
  };
  if (typeof token !== "string") return refuse("be text", token === null ? "null" : `a value of type ${typeof token}`);
  if (!token.startsWith("hf_")) refuse("start with hf_", "one that does not");
  if (!/^[\x21-\x7e]+$/.test(token))
    refuse("be letters, digits and signs alone", "one with a space, a line break or another character");
};

const cacheName: Rule = (where, name, value) => {
  optionalText(where, name, value);
  if (value !== undefined) checkPath(where, name, value);
};

const sourceOptionRules: Readonly<Record<keyof SourceOptions, Rule>> = {
  cacheFolder: cacheName,
  token: optional((where, _name, token) => checkToken(where, token)),
  endpoint: optional(addressOfHub),
  fetch: optionalFunction,
  timeout: optional(checkTimeout),
  signal: optionalSignal,
  onProgress: optionalFunction,
  onNotice: optionalFunction,
};

/** @throws TypeError for an option that does not exist or has a wrong type; RangeError for a wrong value */
export const checkSourceOptions = (options: SourceOptions): void => {
  checkKeys<SourceOptions>("openSource", "options", options, sourceOptionRules);
};

const timeoutFrom = (stated: number | undefined, seconds: string | undefined): number => {
  if (stated !== undefined || !seconds) return stated ?? defaultTimeout;
  const timeout = 1000 * Number(seconds);
  checkTimeout("openHub", "HF_HUB_DOWNLOAD_TIMEOUT", timeout);
  return timeout;
};

const tokenFrom = (stated: string | undefined, variable: string | undefined): string | undefined => {
  if (stated !== undefined || !variable) return stated;
  checkToken("openHub", variable);
  return variable;
};

const endpointFrom = (stated: string | undefined, variable: string | undefined): string =>
  stated === undefined && variable
    ? addressOfHub("openHub", "HF_ENDPOINT", variable)
    : addressOfHub("openHub", "endpoint", stated ?? "https://huggingface.co");

/** @throws TypeError for an option that does not exist or has a wrong type; RangeError for a wrong value */
export const hubFrom = (options: HubOptions, { environment, warn }: Platform): Hub => {
  checkKeys<HubOptions>("openHub", "options", options, {
    id: (_where, _name, id) => checkId(id),
    revision: optional((_where, name, revision) => checkName(name, revision)),
    gguf: optional((_where, name, gguf) => checkName(name, gguf)),
    ...sourceOptionRules,
  });
  const { id, revision = "main", gguf, signal, fetch: send = fetch, onProgress = () => {}, onNotice = warn } = options;
  const { HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE = "", HF_HUB_DOWNLOAD_TIMEOUT } = environment;
  return {
    id,
    revision,
    gguf,
    token: tokenFrom(options.token, HF_TOKEN),
    signal,
    timeout: timeoutFrom(options.timeout, HF_HUB_DOWNLOAD_TIMEOUT),
    onProgress,
    endpoint: endpointFrom(options.endpoint, HF_ENDPOINT),
    fetch: send,
    onNotice,
    offline: /^(1|on|yes|true)$/i.test(HF_HUB_OFFLINE),
  };
};
