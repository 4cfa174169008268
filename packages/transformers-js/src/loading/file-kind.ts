/** Tells the files of a model apart by their names, since only some kinds are rewritten. */

export type FileKind = "model" | "data" | "config" | "tokenizer-config" | "other";

const names: readonly (readonly [FileKind, RegExp])[] = [
  ["model", /\.onnx$/],
  ["data", /\.onnx_data(_\d+)?$/],
  ["config", /(^|[/\\])config\.json$/],
  ["tokenizer-config", /(^|[/\\])tokenizer_config\.json$/],
];

/** @param key - a path, or an address without a query */
export const kindOf = (key: string): FileKind => names.find(([, pattern]) => pattern.test(key))?.[0] ?? "other";

const folderOf = (key: string): string => key.replace(/[/\\]?[^/\\]*$/, "");

/** The places where the config.json of a file may be: beside the file, or one folder further up. */
export const configsOf = (key: string): readonly string[] => {
  const folder = folderOf(key);
  return [`${folder}/config.json`, `${folderOf(folder)}/config.json`];
};
