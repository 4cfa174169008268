import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { compose, logN, selfExtend, type ContextExtension } from "@ropewalk/context-extension";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { chooseSelfExtend } from "@ropewalk/position-mapping";
import { passkey875k } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passkeyCell, passkeyIn, type PasskeyLanguage } from "../src/index.ts";

const { trainedContext } = passkey875k;
const task = passkeyIn(JSON.parse(readFileSync(new URL("task.json", passkey875k.url), "utf8")) as PasskeyLanguage);

const extended = (length: number): ContextExtension => selfExtend(chooseSelfExtend({ trainedContext, length }));

const methods: Readonly<Record<string, (length: number) => ContextExtension>> = {
  none: () => ({}),
  "self-extend": extended,
  "self-extend+log-n": (length) => compose(extended(length), logN({ trainedContext })),
};

// What an independent implementation measured on other prompts: see this package's README.
const bars: readonly (readonly [string, number, (share: number) => void])[] = [
  ["none", 256, (share) => expect(share).toBe(1)],
  ["none", 1024, (share) => expect(share).toBeLessThanOrEqual(0.4)],
  ["none", 2048, (share) => expect(share).toBe(0)],
  ["none", 4096, (share) => expect(share).toBe(0)],
  ["self-extend", 1024, (share) => expect(share).toBe(1)],
  ["self-extend+log-n", 1024, (share) => expect(share).toBe(1)],
  ["self-extend+log-n", 2048, (share) => expect(share).toBeGreaterThanOrEqual(0.95)],
  ["self-extend+log-n", 4096, (share) => expect(share).toBeGreaterThanOrEqual(0.95)],
];

/** WebAssembly runs the same graphs three times as long, on half of the texts; what is beyond a model without an extension is beyond it there too. */
const places = [
  { backend: cpu({ threads: 1 }), keys: 10, asked: bars },
  { backend: wasm(), keys: 5, asked: bars.filter(([method, length]) => method !== "none" || length <= 1024) },
] as const;

describe.each(places)(
  "hidden keys on $backend.name, $keys of them, depths spread evenly",
  ({ backend, keys, asked }) => {
    let plain: LanguageModel;
    beforeAll(async () => void (plain = await loadModel(await openFolder(passkey875k.url), { backend })));
    afterAll(() => plain.release());

    it.each(asked)("%s at %i tokens", async (method, length, meets) => {
      const model = await plain.withExtension(methods[method]!(length));
      let found = 0;
      for (let index = 0; index < keys; index++) {
        const cell = await passkeyCell(task, model, { length, depth: (index + 0.5) / keys, trials: 1, seed: 1 });
        found += cell.found;
      }
      meets(found / keys);
    });
  },
);
