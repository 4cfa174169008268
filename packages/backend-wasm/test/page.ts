/** What a page is asked: the same as a process of Node. */
import { wasm } from "@ropewalk/backend-wasm";
import { loadModel } from "@ropewalk/generation";
import { inMemory } from "@ropewalk/models";
import { runAborted, runMixes, type Folders } from "./runs-at-once.ts";

/** Files by folder: a page cannot look into one. */
export type Files = Readonly<Record<keyof Folders, readonly string[]>>;

const opened = async (name: string, files: readonly string[]) => {
  const contents: Record<string, Uint8Array> = {};
  for (const file of files)
    contents[file] = new Uint8Array(await (await fetch(`/models/${name}/${file}`)).arrayBuffer());
  return inMemory(name, contents);
};

const foldersOf = (files: Files): Folders => ({
  stories: () => opened("stories", files.stories),
  passkey: () => opened("passkey", files.passkey),
});

export type Page = {
  readonly runMixes: (files: Files) => ReturnType<typeof runMixes>;
  readonly runAborted: (files: Files) => ReturnType<typeof runAborted>;
  /** Why a number of threads cannot be had; undefined where it can. */
  readonly whyNotThreads: (threads: number) => Promise<string | undefined>;
  /** What loading a model says. */
  readonly loadByUrl: (address: string) => Promise<string>;
};

Object.assign(globalThis, {
  runMixes: (files) => runMixes(foldersOf(files)),
  whyNotThreads: async (threads) => {
    try {
      return await wasm({ threads }).unavailable();
    } catch (error) {
      return String(error);
    }
  },
  loadByUrl: (address) => loadModel(new URL(address), { backend: wasm() }).then(() => "loaded", String),
  runAborted: (files) => runAborted(foldersOf(files)),
} satisfies Page);
