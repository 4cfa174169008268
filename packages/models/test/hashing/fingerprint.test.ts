/** What tells weights from others: any tensor, any number of the config, a precision, an adapter and its scale; and nothing else. */
import { readdirSync } from "node:fs";
import { checkpointFolders, readBytes, readConfig } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { bytesOf, type Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { expect, it } from "vitest";
import {
  depthUpscale,
  inMemory,
  loadAdapter,
  loadCheckpoint,
  quantizeCheckpoint,
  sampledHash,
  sha256,
  weightsFingerprint,
  withAdapters,
  type Checkpoint,
} from "../../src/index.ts";
import { openFolder } from "../../src/node.ts";

const files = Object.fromEntries(
  readdirSync(checkpointFolders.llama).map((name) => [name, readBytes(checkpointFolders.llama, name)]),
);
const config = readConfig(checkpointFolders.llama);

const rope = config["rope_parameters"] as Json;

const checkpointOf = (changed: Readonly<Record<string, Uint8Array>> = {}): Promise<Checkpoint> =>
  loadCheckpoint(inMemory("another name", { ...files, ...changed }));
const configured = (change: Json): Promise<Checkpoint> =>
  checkpointOf({ "config.json": bytesOf(JSON.stringify({ ...config, ...change })) });

const base = await loadCheckpoint(await openFolder(checkpointFolders.llama));
const own = await weightsFingerprint(base);

it("is of the weights, wherever they lie", async () => {
  expect(own).toMatch(/^[0-9a-f]{64}$/);
  expect(await weightsFingerprint(await checkpointOf())).toBe(own);
  expect(await weightsFingerprint(await configured({ transformers_version: "9", _name_or_path: "x" }))).toBe(own);
  expect(await weightsFingerprint({ ...base, decoder: { ...base.decoder, trainedContext: 7 } })).toBe(own);
});

it("is another where one element of any tensor is", async () => {
  const all = new Set([own]);
  for (const { offset } of base.tensors.values()) {
    const weights = files["model.safetensors"]!.slice();
    weights[offset + 1]! ^= 1;
    all.add(await weightsFingerprint(await checkpointOf({ "model.safetensors": weights })));
  }
  expect(all.size).toBe(1 + base.tensors.size);
});

it("is another under other numbers, another precision, more layers, an adapter, another scale of it", async () => {
  const adapter = await loadAdapter(await openFolder(new URL("../vectors/lora/", import.meta.url)));
  const others = [
    await configured({ rope_parameters: { ...rope, rope_theta: 5000 } }),
    await configured({ rms_norm_eps: 0.5 }),
    await configured({ rope_parameters: { ...rope, rope_type: "linear", factor: 2 } }),
    await quantizeCheckpoint(base, "q8"),
    await quantizeCheckpoint(base, "q4"),
    { ...base, decoder: depthUpscale(base.decoder, { drop: 0 }) },
    withAdapters(base, [{ adapter }]),
    withAdapters(base, [{ adapter, scale: 0.5 }]),
  ];
  const all = new Set([own, ...(await Promise.all(others.map(weightsFingerprint)))]);
  expect(all.size).toBe(1 + others.length);
});

it("is of all of few bytes, and of stretches of many, the first and the last among them", async () => {
  const data = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);
  const { source } = (await inMemory("m", { data }).file("data"))!;
  const hash = (sampling: Parameters<typeof sampledHash>[2]) => sampledHash(source, { from: 10, to: 1000 }, sampling);
  expect(await hash({ stretches: 3, stretch: 330 })).toBe(await sha256(data.subarray(10)));
  const stretches = [10, 500, 990].flatMap((from) => [...data.subarray(from, from + 10)]);
  expect(await hash({ stretches: 3, stretch: 10 })).toBe(await sha256(Uint8Array.from(stretches)));
});
