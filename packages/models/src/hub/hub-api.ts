/**
 * The questions that are asked of the hub, by its HTTP interface:
 *
 *     GET  /api/models/<id>/revision/<revision>     which commit is the revision?
 *     POST /api/models/<id>/paths-info/<commit>     is there such a file, how long is it, what is its hash?
 *     GET  /api/models/<id>/revision/<commit>       which files does the commit have?
 */
import { check } from "@ropewalk/check";
import { withinTime } from "../url/time-limit.ts";
import { ask, RefusedByHub, type Answer } from "./ask-hub.ts";
import type { Hub } from "./hub-options.ts";

const commitForm = /^[0-9a-f]{40}$/;

export const isCommit = (text: string): boolean => commitForm.test(text);

/** A commit's hash, as the hub or the cache gives it. */
export const checkCommit = (from: string, commit: unknown): string => {
  check(typeof commit === "string" && isCommit(commit), `openHub: ${from} must give a commit`, commit);
  return commit;
};

export const authorization = ({ token }: Hub): Readonly<Record<string, string>> =>
  token === undefined ? {} : { Authorization: `Bearer ${token}` };

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject => typeof value === "object" && value !== null;

/** The hub's own words for its refusal, where it has any. */
const refusedBy = async (response: Response): Promise<RefusedByHub> => {
  const { status, url, headers } = response;
  const isJson = headers.get("Content-Type")?.startsWith("application/json") === true;
  const answer: unknown = isJson ? await response.json() : undefined;
  const { error, message } = isObject(answer) ? answer : {};
  const request = headers.get("X-Request-Id");
  const words = String(error || message || `Api error with status ${status}`);
  return new RefusedByHub(status, `${words}. URL: ${url}${request ? `. Request ID: ${request}` : ""}`);
};

const askJson = (hub: Hub, path: string, init: RequestInit = {}): Promise<Answer<unknown>> =>
  ask(hub, () =>
    withinTime(hub, async ({ fetch }) => {
      const response = await fetch(`${hub.endpoint}/api/models/${hub.id}/${path}`, {
        ...init,
        headers: { ...authorization(hub), ...(init.headers as Readonly<Record<string, string>> | undefined) },
      });
      // Sizes and hashes are in the answer: content that comes by another way is held to them, so they may not.
      if (hub.endpoint.startsWith("https:") && response.url.startsWith("http:"))
        throw new RangeError(`a redirect from https to ${response.url.split("?")[0]}`);
      if (!response.ok) throw await refusedBy(response);
      return response.json();
    }),
  );

/** The commit that the revision is now. */
export const askCommit = async (hub: Hub): Promise<Answer<string>> => {
  const answer = await askJson(hub, `revision/${encodeURIComponent(hub.revision)}?expand=sha`);
  if (answer.kind === "unreached") return answer;
  const sha = isObject(answer.value) ? answer.value["sha"] : undefined;
  return { kind: "answered", value: checkCommit(`${hub.endpoint} for ${hub.id}`, sha) };
};

/** A file of a commit, by its content. */
export type HubFile = {
  readonly file: string;
  readonly address: string;
  /** In bytes. */
  readonly size: number;
  /** sha256 of the content (64 digits), or git's sha1 of it as a blob (40). */
  readonly hash: string;
};

/** The file of that name in a commit; undefined where the commit has none. */
export const askFile = async (hub: Hub, commit: string, file: string): Promise<Answer<HubFile | undefined>> => {
  const { id, endpoint } = hub;
  const answer = await askJson(hub, `paths-info/${commit}`, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify({ paths: [file] }),
  });
  if (answer.kind === "unreached") return answer;
  if (!Array.isArray(answer.value))
    throw new Error(`openHub: ${id}: ${endpoint} must answer as the hub does, got malformed response: expected array`);
  const entries = (answer.value as readonly unknown[]).filter(isObject);
  const found = entries.find(({ path, type }) => path === file && type === "file");
  if (found === undefined) return { kind: "answered", value: undefined };
  const { oid: hash = "", size } = isObject(found["lfs"]) ? found["lfs"] : found;
  check(
    Number.isSafeInteger(size) && (size as number) >= 0,
    `openHub: ${id}: ${endpoint} must give the size of ${file} in bytes`,
    size,
  );
  check(
    typeof hash === "string" && /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(hash),
    `openHub: ${id}: ${endpoint} must give the hash of ${file}`,
    hash,
  );
  const address = `${endpoint}/${id}/resolve/${commit}/${file.split("/").map(encodeURIComponent).join("/")}`;
  return { kind: "answered", value: { file, address, size: size as number, hash } };
};

/** The names of all files of a commit. */
export const askFiles = async (hub: Hub, commit: string): Promise<Answer<readonly string[]>> => {
  const answer = await askJson(hub, `revision/${commit}?expand=siblings`);
  if (answer.kind === "unreached") return answer;
  const siblings = isObject(answer.value) ? answer.value["siblings"] : undefined;
  if (!Array.isArray(siblings))
    throw new Error(`openHub: ${hub.id}: ${hub.endpoint} must list the files of ${commit}, got no list`);
  const names = (siblings as readonly unknown[]).filter(isObject).map(({ rfilename }) => rfilename);
  return { kind: "answered", value: names.filter((name) => typeof name === "string") };
};
