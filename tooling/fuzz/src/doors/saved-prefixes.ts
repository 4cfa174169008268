import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel, savedPrefixFacts, type LanguageModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutateSafetensors } from "../mutations/mutate-safetensors.ts";
import { defineDoor } from "./define-door.ts";

let stories: Promise<LanguageModel> | undefined;

/** Loaded once in the process, and read by every call. */
const model = (): Promise<LanguageModel> =>
  (stories ??= openFolder(stories260K.url).then((folder) =>
    loadModel(folder, { backend: cpu({ threads: 1 }), extension: selfExtend({ groupSize: 4, window: 16 }) }),
  ));

export const savedPrefixes = defineDoor<Uint8Array>({
  name: "saved prefixes",
  seeds: async () => {
    const folder = mkdtempSync(join(tmpdir(), "ropewalk-fuzz-"));
    const path = join(folder, "read.kv");
    const prefix = await (await model()).read([1, 403, 407, 261, 378]);
    await prefix.save(path);
    prefix.release();
    const bytes = new Uint8Array(readFileSync(path));
    rmSync(folder, { recursive: true });
    return [bytes];
  },
  mutate: mutateSafetensors,
  call: async (bytes, { folder }) => {
    const path = join(folder, "read.kv");
    writeFileSync(path, bytes);
    await savedPrefixFacts(path);
    (await (await model()).open(path)).release();
  },
});
