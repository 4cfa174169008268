import { inMemory, readSafetensors } from "@ropewalk/models";
import { smallCheckpoint } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { modelVectors } from "@ropewalk/testing/vectors";
import { mutateSafetensors } from "../mutations/mutate-safetensors.ts";
import { filesOf } from "../real-files.ts";
import { defineDoor } from "./define-door.ts";

export const safetensorsHeaders = defineDoor<Uint8Array>({
  name: "safetensors headers",
  seeds: () => [smallCheckpoint()["model.safetensors"]!, filesOf(`${modelVectors}/lora`)["adapter_model.safetensors"]!],
  mutate: mutateSafetensors,
  call: async (file) => {
    const name = "model.safetensors";
    const { source } = (await inMemory("a model", { [name]: file }).file(name))!;
    return readSafetensors(name, source);
  },
});
