import { stateFiles, stateFrom, type RunIdentity, type TrainState } from "@ropewalk/finetune";
import { inMemory } from "@ropewalk/models";
import fc from "fast-check";
import { mutateJsonText } from "../mutations/mutate-json.ts";
import { mutateSafetensors } from "../mutations/mutate-safetensors.ts";
import { bytesOf, textOf, type Files } from "../real-files.ts";
import { defineDoor } from "./define-door.ts";

const run: RunIdentity = { model: "a".repeat(64), data: "b".repeat(64), configuration: { rate: "0.001", steps: "10" } };

const state: TrainState = {
  step: 3,
  parameters: {
    "a.weight": { dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    "b.weight": { dims: [2], data: Float32Array.of(0.5, -0.5) },
  },
  optimizer: {
    step: 3,
    means: {
      "a.weight": { first: new Float32Array(6).fill(0.1), second: new Float32Array(6).fill(0.01) },
      "b.weight": { first: new Float32Array(2).fill(0.1), second: new Float32Array(2).fill(0.01) },
    },
  },
};

const joined = (parts: Iterable<Uint8Array>): Uint8Array => new Uint8Array(Buffer.concat([...parts]));

export const trainingStates = defineDoor<Files>({
  name: "training states",
  seeds: async () => [
    Object.fromEntries((await stateFiles(run, state)).map(({ name, parts }) => [name, joined(parts)])),
  ],
  mutate: (files) =>
    fc.oneof(
      ...Object.entries(files).map(([name, bytes]) =>
        (name.endsWith(".json") ? mutateJsonText(textOf(bytes)).map(bytesOf) : mutateSafetensors(bytes)).map(
          (changed): Files => ({ ...files, [name]: changed }),
        ),
      ),
      fc.constantFrom(...Object.keys(files)).map((left): Files => {
        const { [left]: _, ...others } = files;
        return others;
      }),
    ),
  call: (files) => stateFrom(run, inMemory("step-3", files)),
});
