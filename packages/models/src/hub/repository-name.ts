/** A repository of the hub, as people write it: `owner/name`, or `owner/name@revision`. */
import { check } from "@ropewalk/check";

const idForm = /^(?!.*(?:--|\.\.))\w[\w.-]*\/\w[\w.-]*$/;

/** `.`, `/` or `\`, `~`, or a drive's letter. */
const pathForm = /^(?:[./\\~]|[A-Za-z]:)/;

/** Whether a text begins as paths do. */
export const looksLikePath = (source: string): boolean => pathForm.test(source);

/** @throws RangeError when the id is not `owner/name`; TypeError when it is no text */
export const checkId = (id: unknown): void =>
  check(typeof id === "string" && idForm.test(id), "openHub: id must be owner/name", id, "string");

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

export type RepositoryName = { readonly id: string; readonly revision?: string };

/** @throws RangeError when it is not the name of a repository */
export const parseRepositoryName = (source: string): RepositoryName => {
  const [id = "", ...revision] = source.split("@");
  check(
    idForm.test(id),
    "openSource: a model must be the path of a folder, or owner/name or owner/name@revision on the hub",
    source,
  );
  return source === id ? { id } : { id, revision: revision.join("@") };
};
