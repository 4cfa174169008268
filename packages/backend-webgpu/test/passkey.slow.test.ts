/**
 * Hidden keys in headless Chromium: found where `cpu` finds them in Node, key by key. Skipped, by name, where there is no Chromium.
 *
 * On its software driver 4,096 tokens take minutes a key, so that one key is at 1,024, four times the trained window, and one of each method at 512. The grid is asked
 * for by PASSKEY_LENGTHS=1024,4096: every method at five depths of each length.
 */
import { cpu } from "@ropewalk/backend-node";
import { openFolder } from "@ropewalk/models/node";
import { inRepository, readRepositoryJson } from "@ropewalk/testing/repository";
import { describe, expect, it } from "vitest";
import { findKeys, methods, type Keys } from "./checks/passkey.ts";
import { executablePath } from "@ropewalk/testing/browser/open-page";
import { ask, oneTab } from "./chromium.ts";

const names = Object.keys(methods) as (keyof typeof methods)[];

const everyMethod = (length: number, depths: readonly number[]): readonly Keys[] =>
  names.map((method) => ({ method, length, depths }));

const asked = process.env["PASSKEY_LENGTHS"]?.split(",").map(Number);
const cells = asked?.flatMap((length) => everyMethod(length, [0.1, 0.3, 0.5, 0.7, 0.9])) ?? [
  ...everyMethod(512, [0.3]),
  { method: "self-extend+log-n", length: 1024, depths: [0.5] } satisfies Keys,
];

const inNode = {
  backend: cpu({ threads: 1 }),
  model: (path: string) => openFolder(inRepository(path)),
  json: async (path: string) => readRepositoryJson<unknown>(path),
};

describe.skipIf(executablePath === undefined)("hidden keys in Chromium, as on the CPU", () => {
  const tab = oneTab();

  it.each(cells)("$method, $length tokens, depths $depths", { timeout: 3_600_000 }, async (keys) => {
    expect(await ask(tab(), "findKeys", keys)).toEqual(await findKeys(keys, inNode));
  });
});
