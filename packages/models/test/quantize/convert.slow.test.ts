/** Checkpoints rounded to blocks, as folders and back. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkpointFolders, readBytes, readConfig } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { bytesOf } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallCheckpoint } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  convertCheckpoint,
  inMemory,
  loadCheckpoint,
  quantizeCheckpoint,
  type BlockForm,
  type Checkpoint,
  type Precision,
} from "../../src/index.ts";
import { openFolder, quantizeOnDisk, writeFolder } from "../../src/node.ts";
import { upcast } from "../../src/checkpoint/upcast.ts";
import { blocksOf, roundPlainly, squaredError, unpack } from "./random-blocks.ts";

const load = async (folder: URL | string): Promise<Checkpoint> => loadCheckpoint(await openFolder(folder));

const bytesAt = async (
  { files }: Checkpoint,
  { location, offset, length }: { readonly location: string; readonly offset: number; readonly length: number },
): Promise<Uint8Array> => {
  const { source } = files.find(({ external }) => external.file === location)!;
  return source.read(offset, offset + length);
};

const denseOf = async (checkpoint: Checkpoint, name: string): Promise<Float32Array> => {
  const place = checkpoint.locate(name);
  return upcast(place.type, await bytesAt(checkpoint, place));
};

/** A matrix that is stored in blocks, and its form. */
const blockedOf = async (
  checkpoint: Checkpoint,
  name: string,
): Promise<BlockForm & { readonly values: Float64Array }> => {
  const { bits, blockSize, elements, scales } = checkpoint.locateBlocks!(name)!;
  const blocks = {
    elements: await bytesAt(checkpoint, elements),
    scales: upcast("float32", await bytesAt(checkpoint, scales)),
  };
  return { bits, blockSize, values: unpack({ bits, blockSize }, blocks, checkpoint.decoder.tensors[name]![1]!) };
};

const matricesOf = ({ decoder }: Checkpoint): readonly string[] => [...decoder.projections, decoder.unembedding];

/** Two readings of a checkpoint agree: what is rounded by little, everything else to the bit. */
const expectRounded = async (original: Checkpoint, converted: Checkpoint, precision: Precision): Promise<void> => {
  expect(JSON.stringify(converted.decoder)).toBe(JSON.stringify(original.decoder));
  const matrices = matricesOf(original);
  for (const name of matrices) {
    const [, inner] = original.decoder.tensors[name]!;
    const { bits, blockSize, values } = await blockedOf(converted, name);
    expect(bits).toBe(precision === "q8" || name === original.decoder.unembedding ? 8 : 4);
    const dense = await denseOf(original, name);
    expect(values).toHaveLength(dense.length);
    const [wanted, got] = [blocksOf(blockSize, dense, inner!), blocksOf(blockSize, values, inner!)];
    for (const [block, elements] of wanted.entries())
      expect(squaredError(elements, got[block]!)).toBeLessThanOrEqual(
        squaredError(elements, roundPlainly(bits, elements)) * (1 + 1e-9),
      );
  }
  for (const name of Object.keys(original.decoder.tensors)) {
    if (matrices.includes(name) && name !== original.decoder.embedding) continue;
    const [before, after] = [original.locate(name), converted.locate(name)];
    expect(after.type).toBe(before.type);
    expect(await bytesAt(converted, after)).toEqual(await bytesAt(original, before));
  }
};

let home = "";

beforeEach(async () => {
  home = scratchFolder();
  vi.stubEnv("TMPDIR", home);
  vi.stubEnv("TEMP", home);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true, force: true });
});

/** float32 and tied, its scaling in the config; bfloat16; float16 with biases; shards; fused; norms of other kinds. */
const cases = (["llama3", "solar", "qwen2", "mistral", "phi", "phi3", "gemma", "qwen3"] as const).flatMap((name) =>
  (["q4", "q8"] as const).map((precision) => [name, precision] as const),
);

/** The families whose rows blocks of 64 divide. */
const inBlocksOf64 = new Set(["gemma", "qwen3"]);

describe("a converted folder", () => {
  it.each(cases)("%s in %s loads as what it was made from, rounded", async (name, precision) => {
    const original = await load(checkpointFolders[name]);
    const folder = join(home, "new", "folder");
    const files = await convertCheckpoint(original, precision);
    const written = await writeFolder(folder, files);
    expect((await readdir(folder)).toSorted()).toEqual(["config.json", "generation_config.json", "model.safetensors"]);
    const sizes = await Promise.all(
      (await readdir(folder)).map(async (file) => (await readFile(join(folder, file))).length),
    );
    expect(written).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(JSON.parse(await readFile(join(folder, "config.json"), "utf8"))).toEqual({
      ...readConfig(checkpointFolders[name]),
      quantization_config: {
        quant_method: "ropewalk",
        block_size: precision === "q8" && inBlocksOf64.has(name) ? 64 : 32,
      },
    });
    const converted = await load(folder);
    expect([converted.bosToken, converted.stopTokens]).toEqual([original.bosToken, original.stopTokens]);
    await expectRounded(original, converted, precision);
  });

  it("holds blocks in place of matrices, and the table of a tied embedding beside them", async () => {
    const { tensors } = await quantizeCheckpoint(await load(checkpointFolders.llama3), "q4");
    const found = Object.fromEntries([...tensors].map(([name, { type, dims }]) => [name, [type, ...dims]]));
    expect(found).toMatchObject({
      "model.layers.0.mlp.up_proj.weight.elements": ["U8", 160, 2, 16],
      "model.layers.0.mlp.up_proj.weight.scales": ["F32", 160, 2],
      "model.layers.0.mlp.down_proj.weight.elements": ["U8", 64, 5, 16],
      "model.embed_tokens.weight": ["F32", 128, 64],
      "model.embed_tokens.weight.elements": ["U8", 128, 2, 32],
      "model.embed_tokens.weight.scales": ["F32", 128, 2],
      "model.norm.weight": ["F32", 64],
    });
    expect(Object.keys(found)).not.toContain("model.layers.0.mlp.up_proj.weight");
  });

  it("has the tokenizer's files as they were", async () => {
    const folder = join(home, "stories");
    await writeFolder(folder, await convertCheckpoint(await load(checkpointFolders.stories260K), "q8"));
    for (const file of ["tokenizer.json", "tokenizer_config.json"])
      expect(new Uint8Array(await readFile(join(folder, file)))).toEqual(
        readBytes(checkpointFolders.stories260K, file),
      );
    const others = {
      "special_tokens_map.json": bytesOf("{}"),
      "chat_template.jinja": bytesOf("{{ messages }}"),
      "README.md": bytesOf("not of the model"),
    };
    const small = await loadCheckpoint(inMemory("small", { ...smallCheckpoint(), ...others }));
    const files = await convertCheckpoint(small, "q8");
    expect(files.map(({ name }) => name)).toEqual([
      "special_tokens_map.json",
      "chat_template.jinja",
      "model.safetensors",
      "config.json",
    ]);
  });

  it("is the same in memory, on a disk and for a while", async () => {
    const original = await load(checkpointFolders.qwen2);
    const onDisk = join(home, "q4");
    await writeFolder(onDisk, await convertCheckpoint(original, "q4"));
    const inside = await quantizeCheckpoint(original, "q4");
    const { checkpoint: forAWhile, remove } = await quantizeOnDisk(original, "q4");
    for (const other of [inside, forAWhile]) {
      expect(other.name).toBe("qwen2");
      expect([...other.tensors.values()]).toEqual([...(await load(onDisk)).tensors.values()]);
      await expectRounded(original, other, "q4");
    }
    expect((await readdir(home)).filter((name) => name.startsWith("ropewalk-q4-"))).toHaveLength(1);
    await remove();
    expect(await readdir(home)).toEqual(["q4"]);
  });

  it("tells how far it has come", async () => {
    const told: (readonly [number, number])[] = [];
    const checkpoint = await loadCheckpoint(inMemory("small", smallCheckpoint()));
    await quantizeCheckpoint(checkpoint, "q4", (done, total) => told.push([done, total]));
    // Seven matrices, the head, the embedding and three norms.
    expect(told).toEqual(Array.from({ length: 12 }, (_, i) => [i + 1, 12]));
  });
});
