import { inMemory, loadGguf } from "@ropewalk/models";
import { inRepository } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { mutateBytes } from "../mutations/mutate-bytes.ts";
import { defineDoor } from "./define-door.ts";

/** Behind it lie weights alone, where a changed byte changes nothing that is read at the door. */
const mostOfHeader = 32_768;

export const ggufFiles = defineDoor<Uint8Array>({
  name: "GGUF files",
  seeds: () =>
    ["llama-k", "llama-legacy", "qwen2-k", "stories260K-q8_0"].map(
      (name) => new Uint8Array(readFileSync(inRepository(`${ggufVectors}/${name}.gguf`))),
    ),
  mutate: (file) =>
    fc.oneof(
      {
        weight: 5,
        arbitrary: mutateBytes(file.subarray(0, mostOfHeader)).map(
          (start) => new Uint8Array(Buffer.concat([start, file.subarray(mostOfHeader)])),
        ),
      },
      { weight: 1, arbitrary: mutateBytes(file) },
    ),
  call: (file) => loadGguf("model.gguf", inMemory("a model", { "model.gguf": file })),
});
