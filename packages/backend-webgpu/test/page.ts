/** What is asked of a page: a check by name, which it answers with what is wrong or nothing, keys, and a story. */
import { webgpu } from "@ropewalk/backend-webgpu";
import { inMemory } from "@ropewalk/models";
import { checks } from "./checks/index.ts";
import { pageChecks } from "./checks/page-only.ts";
import { findKeys, type Keys } from "./checks/passkey.ts";
import type { Place } from "./checks/place.ts";
import { tellStory } from "./checks/story.ts";

/** Files by folder. */
type Files = Readonly<Record<string, readonly string[]>>;

const fetched = async (path: string): Promise<Uint8Array> =>
  new Uint8Array(await (await fetch(`/models/root/${path}`)).arrayBuffer());

const reads: number[] = [];

const placeWith = (files: Files): Place => ({
  webgpu,
  file: (name) => name,
  backend: webgpu({ onRead: (bytes) => void reads.push(bytes) }),
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
  readonly start: (files: Files) => void;
  readonly check: (name: string) => Promise<string>;
  readonly findKeys: (keys: Keys) => Promise<readonly boolean[]>;
  readonly tellStory: (newTokens: number) => Promise<readonly number[]>;
  /** How many runs have brought something back. */
  readonly countReads: () => number;
};

let place: Place | undefined;

Object.assign(globalThis, {
  start: (files) => void (place = placeWith(files)),
  check: async (name) => {
    const run = async (): Promise<string> => {
      await [...checks, ...pageChecks].find((check) => check.name === name)!.run(place!);
      return "";
    };
    return run().catch((error: Error) => error.message);
  },
  findKeys: (keys) => findKeys(keys, place!),
  tellStory: (newTokens) => tellStory(newTokens, place!),
  countReads: () => reads.length,
} satisfies Page);
