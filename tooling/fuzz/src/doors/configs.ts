import { inMemory, loadCheckpoint } from "@ropewalk/models";
import { layeredCheckpoints, tinyCheckpoints } from "@ropewalk/testing/vectors";
import { mutateJsonText } from "../mutations/mutate-json.ts";
import { bytesOf, filesOf, foldersIn, textOf, type Files } from "../real-files.ts";
import { defineDoor } from "./define-door.ts";

type Seed = { readonly files: Files; readonly name: string; readonly text: string };

/** A checkpoint of every family, by each of the files that say what it is. */
export const configs = defineDoor<Seed>({
  name: "configs",
  seeds: () =>
    [tinyCheckpoints, layeredCheckpoints]
      .flatMap(foldersIn)
      .map(filesOf)
      .flatMap((files) =>
        ["config.json", "generation_config.json"].flatMap((name) =>
          files[name] === undefined ? [] : [{ files, name, text: textOf(files[name]) }],
        ),
      ),
  mutate: (seed) => mutateJsonText(seed.text).map((text) => ({ ...seed, text })),
  call: async ({ files, name, text }) => {
    const { extension, decoder } = await loadCheckpoint(inMemory("a model", { ...files, [name]: bytesOf(text) }));
    return [extension(), decoder];
  },
});
