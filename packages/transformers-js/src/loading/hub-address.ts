/** Finds model, revision and file in an address of the hub, by `remoteHost` and `remotePathTemplate` of `env`. */
import type { TransformersEnv } from "./environment.ts";

export type RemoteFile = { readonly model: string; readonly revision: string; readonly file: string };

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const bare = (text: string): string => text.replace(/^\/|\/$/g, "");

/** The model, revision and file of an address; undefined for any other address or path. */
export const remoteFile = (
  { remoteHost, remotePathTemplate }: Pick<TransformersEnv, "remoteHost" | "remotePathTemplate">,
  address: string,
): RemoteFile | undefined => {
  const pattern = escaped(`${remoteHost.replace(/\/$/, "")}/${bare(remotePathTemplate)}`)
    .replaceAll("\\{model\\}", "(?<model>.+?)")
    .replaceAll("\\{revision\\}", "(?<revision>[^/]+)");
  const groups = new RegExp(`^${pattern}/(?<file>.+)$`).exec(address)?.groups;
  if (groups === undefined) return undefined;
  const { model = "", revision = "main", file = "" } = groups;
  return { model, revision: decodeURIComponent(revision), file };
};

/** The paths where a file of the hub may lie locally: under the model's name, or at the path that stands in place of the name. */
export const localPaths = (
  { localModelPath }: Pick<TransformersEnv, "localModelPath">,
  { model, file }: RemoteFile,
): readonly string[] => {
  const path = `${model}/${bare(file)}`;
  return [`${localModelPath.replace(/\/$/, "")}/${path}`, `/${path}`, path];
};
