/** What is asked of a page: a check by name, which it answers with what is wrong or nothing, keys, and a story. */
import type { Backend } from "@ropewalk/backend";
import { webgpu } from "@ropewalk/backend-webgpu";
import { inMemory } from "@ropewalk/models";
import { keepKernels } from "@ropewalk/testing/webgpu/keep-kernels";
import { checks } from "./checks/index.ts";
import { kernelChecks } from "./checks/kernel.ts";
import { pageChecks } from "./checks/page-only.ts";
import { findKeys, type Keys } from "./checks/passkey.ts";
import type { Place } from "./checks/place.ts";
import { tellStory } from "./checks/story.ts";

/** Files by folder. */
type Files = Readonly<Record<string, readonly string[]>>;

const fetched = async (path: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(`/models/root/${path}`)).arrayBuffer());

const reads: number[] = [];

const placeWith = (files: Files, attention: Backend["attention"]): Place => ({
  webgpu,
  file: (name) => name,
  backend: webgpu({ attention, onRead: (bytes) => void reads.push(bytes) }),
  reads,
  json: async (path) => JSON.parse(new TextDecoder().decode(await fetched(path))) as unknown,
  model: async (path) => {
    const contents: Record<string, Uint8Array> = {};
    for (const file of files[path]!) contents[file] = await fetched(`${path}/${file}`);
    return inMemory(path, contents);
  },
});

export type Page = {
  /** Makes ready for checks; files cannot be listed from here. */
  readonly start: (files: Files) => Promise<void>;
  readonly check: (name: string) => Promise<string>;
  /** The same check where the kernel attends. */
  readonly checkKernel: (name: string) => Promise<string>;
  readonly findKeys: (keys: Keys) => Promise<readonly boolean[]>;
  readonly tellStory: (newTokens: number) => Promise<readonly number[]>;
  /** How many runs have brought something back. */
  readonly countReads: () => number;
};

let place: Place | undefined;
let kernelPlace: Place | undefined;

const outcome = async (name: string, at: Place): Promise<string> => {
  const run = async (): Promise<string> => {
    await [...checks, ...pageChecks, ...kernelChecks].find((check) => check.name === name)!.run(at);
    return "";
  };
  return run().catch((error: Error) => error.message);
};

Object.assign(globalThis, {
  start: async (files) => {
    place = placeWith(files, "operators");
    kernelPlace = placeWith(files, "kernel");
    await keepKernels(place.backend);
  },
  check: (name) => outcome(name, place!),
  checkKernel: (name) => outcome(name, kernelPlace!),
  findKeys: (keys) => findKeys(keys, place!),
  tellStory: (newTokens) => tellStory(newTokens, place!),
  countReads: () => reads.length,
} satisfies Page);
