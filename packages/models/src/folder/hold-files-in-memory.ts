/** Files that come part by part, held in memory as a folder. */
import { inMemory, type CheckpointFolder } from "./checkpoint-folder.ts";
import type { ConvertedFile } from "../quantize/convert-checkpoint.ts";

const joined = async ({ parts }: ConvertedFile): Promise<Uint8Array> => {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  const data = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    data.set(part, at);
    at += part.length;
  }
  return data;
};

/** The files of `convertCheckpoint` or `adapterFiles` as a folder in memory. Their parts are used up. */
export const holdFiles = async (name: string, files: readonly ConvertedFile[]): Promise<CheckpointFolder> => {
  const held: Record<string, Uint8Array> = {};
  for (const file of files) held[file.name] = await joined(file);
  return inMemory(name, held);
};
