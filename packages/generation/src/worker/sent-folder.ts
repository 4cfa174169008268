/** Sends a folder into a worker: outside it answers requests for its files, inside it is used like any other folder. */
import type { CheckpointFile, CheckpointFolder } from "@ropewalk/models";
import { proxy, releaseProxy, type Remote } from "comlink";
import type { SentFolder } from "./wire.ts";

export const sendFolder = (folder: CheckpointFolder): SentFolder => {
  const files = new Map<string, CheckpointFile>();
  return proxy<SentFolder>({
    name: () => folder.name,
    gguf: () => folder.gguf,
    file: async (name) => {
      const file = await folder.file(name);
      if (file === undefined) return undefined;
      files.set(name, file);
      return { size: file.source.size, external: file.external };
    },
    read: async (name, from, to) => files.get(name)!.source.read(from, to),
    changed: async (name) => files.get(name)!.changed?.(),
  });
};

export type ReceivedFolder = CheckpointFolder & { readonly close: () => void };

const withGguf = async (sent: Remote<SentFolder>): Promise<Pick<CheckpointFolder, "gguf">> => {
  const gguf = await sent.gguf();
  return gguf === undefined ? {} : { gguf };
};

export const receiveFolder = async (sent: Remote<SentFolder>): Promise<ReceivedFolder> => ({
  name: await sent.name(),
  ...(await withGguf(sent)),
  file: async (name) => {
    const file = await sent.file(name);
    if (file === undefined) return undefined;
    const { size, external } = file;
    if (external.kind === "bytes")
      return { source: { size, read: async (from, to) => external.data.subarray(from, to) }, external };
    return {
      source: { size, read: (from, to) => sent.read(name, from, to) },
      external,
      changed: () => sent.changed(name),
    };
  },
  close: () => sent[releaseProxy](),
});
