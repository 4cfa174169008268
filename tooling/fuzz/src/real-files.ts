/** Real files that seeds are made of. */
import { readdirSync, readFileSync } from "node:fs";
import { inRepository } from "@ropewalk/testing/repository";
import type { Json } from "./mutations/mutate-json.ts";

export type Files = Readonly<Record<string, Uint8Array>>;

/** The files of a folder of the repository, without those of its tests. */
export const filesOf = (path: string): Files => {
  const folder = inRepository(`${path}/`);
  const names = readdirSync(folder).filter((name) => !/^(golden|expected|LICENSE|README)/.test(name));
  return Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, folder)))]));
};

export const foldersIn = (path: string): readonly string[] =>
  readdirSync(inRepository(`${path}/`), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${path}/${name}`);

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export const jsonOf = (bytes: Uint8Array): Json => JSON.parse(textOf(bytes)) as Json;
