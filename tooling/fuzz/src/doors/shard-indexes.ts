import { inMemory, llama, loadCheckpoint } from "@ropewalk/models";
import { headerOf, safetensorsFile } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { mutateJsonText } from "../mutations/mutate-json.ts";
import { bytesOf } from "../real-files.ts";
import { defineDoor } from "./define-door.ts";

const shapes = Object.entries(llama.read(smallConfig).tensors);
const half = shapes.length >> 1;
const shards = { "a.safetensors": shapes.slice(0, half), "b.safetensors": shapes.slice(half) };

const files = {
  "config.json": bytesOf(JSON.stringify(smallConfig)),
  ...Object.fromEntries(
    Object.entries(shards).map(([name, held]) => {
      const { header, dataLength } = headerOf(Object.fromEntries(held));
      return [name, safetensorsFile(header, dataLength)];
    }),
  ),
};

const index = {
  metadata: { total_size: 1000 },
  weight_map: Object.fromEntries(Object.entries(shards).flatMap(([name, held]) => held.map(([key]) => [key, name]))),
};

export const shardIndexes = defineDoor<string>({
  name: "shard indexes",
  seeds: () => [JSON.stringify(index)],
  mutate: mutateJsonText,
  call: (text) => loadCheckpoint(inMemory("shards", { ...files, "model.safetensors.index.json": bytesOf(text) })),
});
