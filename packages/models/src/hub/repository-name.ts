/** A repository of the hub, as people write it: `owner/name`, or `owner/name@revision`. */
import { check } from "@ropewalk/check";

const idForm = /^(?!.*(?:--|\.\.))\w[\w.-]*\/\w[\w.-]*$/;

/** `.`, `/` or `\`, `~`, or a drive's letter. */
const pathForm = /^(?:[./\\~]|[A-Za-z]:)/;

/** Whether a text begins as paths do. */
export const looksLikePath = (source: string): boolean => pathForm.test(source);

/** @throws RangeError when the id is not `owner/name` */
export const checkId = (id: string): void => check(idForm.test(id), "openHub: id must be owner/name", id);

/** Names become a part of a path: none may lead out of its folder. */
export const checkName = (what: string, name: string): void =>
  check(
    name.split("/").every((part) => part !== "" && part !== "." && part !== "..") && !/^[A-Za-z]:|[\\\0]/.test(name),
    `openHub: ${what} must be a name that stays inside its folder`,
    name,
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
