/** A decoder scaled up in depth, against a checkpoint in which the layers stand twice. */
import { depthUpscale, inMemory, loadCheckpoint, readSafetensorsHeader } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { inRepository } from "@ropewalk/testing/repository";
import { modelVectors } from "@ropewalk/testing/vectors";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadModel, needCheckpoint, openModel } from "../../src/index.ts";
import { backends } from "../backends.ts";

const vectors = inRepository(`${modelVectors}/`);
const llama = new URL("tiny/llama/", vectors);
const ids = Array.from({ length: 70 }, (_, index) => 3 + ((index * 37) % 120));

/** The checkpoint with these layers of the original, written out. */
const withLayers = async (model: URL, layers: readonly number[]) => {
  const folder = await openFolder(model);
  const file = (await folder.file("model.safetensors"))!;
  const entries = await readSafetensorsHeader("model.safetensors", file.source);
  const header: Record<string, unknown> = {};
  const parts: Uint8Array[] = [];
  let end = 0;
  const add = async (name: string, from: string): Promise<void> => {
    const { type, dims, offset, length } = entries.find((entry) => entry.name === from)!;
    header[name] = { dtype: type, shape: dims, data_offsets: [end, end + length] };
    parts.push(await file.source.read(offset, offset + length));
    end += length;
  };
  for (const { name } of entries)
    if (!name.startsWith("model.layers.")) await add(name, name);
    else if (name.startsWith("model.layers.0."))
      for (const [to, from] of layers.entries())
        await add(name.replace(".0.", `.${to}.`), name.replace(".0.", `.${from}.`));
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(text.length), true);
  const config = JSON.parse(readFileSync(new URL("config.json", model), "utf8")) as Record<string, unknown>;
  const types = config["layer_types"] as readonly string[] | undefined;
  const changes = {
    num_hidden_layers: layers.length,
    ...(types && { layer_types: layers.map((layer) => types[layer]) }),
  };
  return inMemory("written out", {
    "config.json": new TextEncoder().encode(JSON.stringify({ ...config, ...changes })),
    "model.safetensors": new Uint8Array(Buffer.concat([length, text, ...parts])),
  });
};

describe.each(backends)("on $name", (backend) => {
  it.each([
    ["tiny/llama", 1, [0, 1, 1, 2]],
    ["tiny/llama", 2, [0, 2]],
    ["tiny/llama", 0, [0, 1, 2, 0, 1, 2]],
    // The last of four sees everything, the others slide.
    ["layered/gemma3", 1, [0, 1, 2, 1, 2, 3]],
    ["layered/gemma3", 3, [0, 3]],
  ] as const)("%s, dropping %i, gives layers %j", async (family, drop, layers) => {
    const folder = new URL(`${family}/`, vectors);
    const opened = await openModel(await openFolder(folder));
    const checkpoint = needCheckpoint("test", opened.source);
    const decoder = depthUpscale(checkpoint.decoder, { drop });
    const scaled = await loadModel({ ...opened, source: { ...checkpoint, decoder } }, { backend });
    const written = await loadModel(await withLayers(folder, layers), { backend });
    expect(scaled.extended.decoder.numLayers).toBe(layers.length);
    expect(largestDifference(await scaled.logits(ids), await written.logits(ids))).toBeLessThan(1e-5);
    await scaled.release();
    await written.release();
  });
});

it("refuses to drop what is not there", async () => {
  const { decoder } = await loadCheckpoint(await openFolder(llama));
  for (const drop of [-1, 3, 0.5])
    expect(() => depthUpscale(decoder, { drop })).toThrow(
      `depthUpscale: drop must be an integer from 0 to 2, below the decoder's 3 layers, got ${drop}`,
    );
});

it("refuses to leave no layer that an extension is for", async () => {
  const { decoder } = await loadCheckpoint(await openFolder(new URL("layered/smollm3/", vectors)));
  const rotating = decoder.attention![0]!;
  const attention = [{ ...rotating, slidingWindow: 8 }, rotating, rotating, { ...rotating, rope: undefined }];
  expect(() => depthUpscale({ ...decoder, attention }, { drop: 3 })).toThrow(
    "depthUpscale: drop must leave a layer that attends to everything and rotates, got 3",
  );
  expect(depthUpscale({ ...decoder, attention }, { drop: 2 }).attention).toHaveLength(4);
});
