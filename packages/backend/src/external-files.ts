/** External data in the form that ONNX Runtime takes in Node: bytes by name, and one folder whose files are memory-mapped. */
import type { ExternalData } from "./backend.ts";

export type ExternalFiles = {
  /** The session's `externalData`. */
  readonly bytes: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Entries of the session's configuration. */
  readonly entries: Readonly<Record<string, string>>;
};

/** @throws RangeError naming the backend when files lie in several folders, because the runtime looks only in one */
export const externalFiles = (name: string, externalData: readonly ExternalData[]): ExternalFiles => {
  const folders = [...new Set(externalData.flatMap((data) => (data.kind === "path" ? [data.folder] : [])))];
  if (folders.length > 1)
    throw new RangeError(`${name}: external files must lie in one folder, got ${folders.join(" and ")}`);
  return {
    bytes: externalData.flatMap((data) => (data.kind === "bytes" ? [{ path: data.file, data: data.data }] : [])),
    entries: folders[0] === undefined ? {} : { model_external_initializers_file_folder_path: folders[0] },
  };
};
