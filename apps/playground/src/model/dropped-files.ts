/** Dropped or chosen files as a model's folder, and typed addresses. */
import { strings } from "../page/strings.ts";
import type { ModelOrigin } from "./model-origin.ts";

type Named = { readonly path: string; readonly file: File };

const inFolder = async (entry: FileSystemEntry): Promise<readonly Named[]> => {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Named[] = [];
  // One call gives at most a hundred entries.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    for (const each of entries) found.push(...(await inFolder(each)));
  }
};

export const dropped = async (data: DataTransfer): Promise<readonly Named[]> => {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const plain = [...data.files].map((file) => ({ path: file.name, file }));
  return entries.length === 0 ? plain : (await Promise.all(entries.map(inFolder))).flat();
};

export const chosen = (files: Iterable<File>): readonly Named[] =>
  [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Whether a file holds weights. All weights must be in the tab's memory at once. */
const isWeights = (path: string): boolean => /\.(safetensors|onnx|onnx_data|data|gguf)$/.test(path);

/** The memory of WebAssembly. Weights for a GPU pass through it or through one array, so the limit holds for them too. */
const mostBytes = 4 * 2 ** 30;

/**
 * The folder of the model among these files.
 *
 * @throws RangeError when the files hold no model, or its weights are too large for a tab
 */
export const folderOf = (files: readonly Named[]): ModelOrigin => {
  const isModel = ({ path }: Named): boolean => /(^|\/)config\.json$/.test(path) || path.endsWith(".onnx");
  const isGguf = ({ path }: Named): boolean => path.endsWith(".gguf");
  const folders = files.filter(isModel);
  // A repository of GGUF files may have a config.json that belongs to no weights.
  const hasOthers = folders.length > 0 && files.some((file) => isWeights(file.path) && !isGguf(file));
  const gguf = files.some(isGguf) && !hasOthers;
  const marks = (gguf ? files.filter(isGguf) : folders).toSorted((a, b) => a.path.length - b.path.length);
  if (marks.length === 0) throw new RangeError(strings.errors.noModel(files.length));
  const root = marks[0]!.path.replace(/[^/]*$/, "");
  const inside = files.filter(({ path }) => path.startsWith(root));
  const weights = inside.filter(({ path }) => isWeights(path)).reduce((sum, { file }) => sum + file.size, 0);
  if (weights > mostBytes) throw new RangeError(strings.errors.tooLarge(weights, mostBytes));
  const first = marks[0]!.path.slice(root.length);
  return {
    kind: "files",
    name: gguf ? first : (root.split("/").findLast((part) => part !== "") ?? "dropped"),
    ...(gguf && { gguf: first }),
    files: Object.fromEntries(inside.map(({ path, file }) => [path.slice(root.length), file])),
  };
};

/** The address of a model's folder, from a folder's address, a model's page on the hub, or a model's name there. */
export const addressOf = (text: string): string => {
  const trimmed = text.trim();
  if (/^[\w.-]+\/[\w.-]+$/.test(trimmed)) return `https://huggingface.co/${trimmed}/resolve/main/`;
  const page = /^https:\/\/huggingface\.co\/([\w.-]+\/[\w.-]+)\/?$/.exec(trimmed);
  if (page) return `https://huggingface.co/${page[1]}/resolve/main/`;
  if (!/^https?:\/\/./.test(trimmed) || !URL.canParse(trimmed)) throw new RangeError(strings.errors.noAddress(trimmed));
  return trimmed;
};
