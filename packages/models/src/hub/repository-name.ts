/**
 * A repository of the hub, as people write it: `owner/name`, `owner/name@revision`, and for one of its GGUF files `owner/name:Q4_K_M` or
 * `owner/name:file.gguf`. The revision may stand before the file or behind it.
 */
import { check } from "@ropewalk/check";

const idForm = /^(?!.*(?:--|\.\.))\w[\w.-]*\/\w[\w.-]*$/;

/** `.`, `/` or `\`, `~`, or a drive's letter. */
const pathForm = /^(?:[./\\~]|[A-Za-z]:)/;

/** Whether a text begins as paths do. */
export const looksLikePath = (source: string): boolean => pathForm.test(source);

/** Whether a text is `owner/name`. */
export const isId = (id: string): boolean => idForm.test(id);

/** @throws RangeError when the id is not `owner/name`; TypeError when it is no text */
export const checkId = (id: unknown): void =>
  check(typeof id === "string" && isId(id), "openHub: id must be owner/name", id, "string");

/** Names become a part of a path: none may lead out of its folder. */
export const checkName = (what: string, name: unknown): void =>
  check(
    typeof name === "string" &&
      name.split("/").every((part) => part !== "" && part !== "." && part !== "..") &&
      !/^[A-Za-z]:|[\\\0]/.test(name),
    `openHub: ${what} must be a name that stays inside its folder`,
    name,
    "string",
  );

export type RepositoryName = {
  readonly id: string;
  readonly revision?: string;
  /** A GGUF file by its name, or by a part of it, such as Q4_K_M. */
  readonly gguf?: string;
};

/** `owner/name:file@revision`. No revision has a colon. */
const form = /^([^:@]+)(?::([^@]+))?(?:@([^:]+))?$/s;

/** `owner/name@revision:file`, in the same order. */
const inOrder = (source: string): string => source.replace(/^([^:@]+)@([^:]+):([^@]+)$/s, "$1:$3@$2");

/** @throws RangeError when it is not the name of a repository */
export const parseRepositoryName = (source: string): RepositoryName => {
  const [, id = "", gguf, revision] = form.exec(inOrder(source)) ?? [];
  check(
    isId(id),
    "openSource: a model must be the path of a folder or of a GGUF file, or owner/name, owner/name@revision or owner/name:Q4_K_M on the hub",
    source,
  );
  return {
    id,
    ...(gguf !== undefined && { gguf }),
    ...(revision !== undefined && { revision }),
  };
};
