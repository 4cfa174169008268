/** Dropped or chosen files with their places, and typed addresses. */
import { strings } from "../page/strings.ts";
import type { FileInPlace } from "./model-origin.ts";

const inFolder = async (entry: FileSystemEntry): Promise<readonly FileInPlace[]> => {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileInPlace[] = [];
  // One call gives at most a hundred entries.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return found;
    for (const each of entries) found.push(...(await inFolder(each)));
  }
};

export const dropped = async (data: DataTransfer): Promise<readonly FileInPlace[]> => {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const plain = [...data.files].map((file) => ({ path: file.name, file }));
  return entries.length === 0 ? plain : (await Promise.all(entries.map(inFolder))).flat();
};

export const chosen = (files: Iterable<File>): readonly FileInPlace[] =>
  [...files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** The address of a model's folder, from a folder's address, a model's page on the hub, or a model's name there. */
export const addressOf = (text: string): string => {
  const trimmed = text.trim();
  if (/^[\w.-]+\/[\w.-]+$/.test(trimmed)) return `https://huggingface.co/${trimmed}/resolve/main/`;
  const page = /^https:\/\/huggingface\.co\/([\w.-]+\/[\w.-]+)\/?$/.exec(trimmed);
  if (page) return `https://huggingface.co/${page[1]}/resolve/main/`;
  if (!/^https?:\/\/./.test(trimmed) || !URL.canParse(trimmed)) throw new RangeError(strings.errors.noAddress(trimmed));
  return trimmed;
};
