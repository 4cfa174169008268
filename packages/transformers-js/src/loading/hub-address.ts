/** Addresses of files on the hub: `remoteHost` and `remotePathTemplate` read backwards. */
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

/** Where a file of the hub would lie as a local one: by the model's name, or by a path that the model was asked for by. */
export const localPaths = (
  { localModelPath }: Pick<TransformersEnv, "localModelPath">,
  { model, file }: RemoteFile,
): readonly string[] => {
  const path = `${model}/${bare(file)}`;
  return [`${localModelPath.replace(/\/$/, "")}/${path}`, `/${path}`, path];
};
