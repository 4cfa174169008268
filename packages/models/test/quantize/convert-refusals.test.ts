/** Conversions that fail or are refused, and what they leave behind: nothing. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallCheckpoint } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { rejectionOf } from "@ropewalk/testing/thrown";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  convertCheckpoint,
  inMemory,
  loadCheckpoint,
  quantizeCheckpoint,
  type Checkpoint,
  type Precision,
} from "../../src/index.ts";
import { quantizeOnDisk, writeFolder } from "../../src/node.ts";

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

/** The small checkpoint with NaN as element 3 of its matrix `up`. */
const broken = (): Promise<Checkpoint> => {
  const files = smallCheckpoint();
  const weights = files["model.safetensors"]!.slice();
  const view = new DataView(weights.buffer);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(weights.subarray(8, start))) as Readonly<Record<string, Json>>;
  const [from] = header["model.layers.0.mlp.up_proj.weight"]!["data_offsets"] as readonly [number, number];
  view.setFloat32(start + from + 12, NaN, true);
  return loadCheckpoint(inMemory("broken", { ...files, "model.safetensors": weights }));
};

const brokenMessage =
  "RangeError: quantize: model.layers.0.mlp.up_proj.weight: from row 0 on: quantizeBlocks: values must be finite, got NaN at index 3";

describe("nothing is left of a conversion that fails", () => {
  it("in a folder that was made for it", async () => {
    const files = await convertCheckpoint(await broken(), "q4");
    expect(await rejectionOf(writeFolder(join(home, "a", "b"), files))).toBe(brokenMessage);
    expect(await readdir(home)).toEqual([]);
  });

  it("in a folder that was there", async () => {
    await mkdir(join(home, "there"));
    const files = await convertCheckpoint(await broken(), "q4");
    expect(await rejectionOf(writeFolder(join(home, "there"), files))).toBe(brokenMessage);
    expect(await readdir(home, { recursive: true })).toEqual(["there"]);
  });

  it("in the temporary folder, nor in memory", async () => {
    expect(await rejectionOf(quantizeOnDisk(await broken(), "q8"))).toBe(brokenMessage);
    expect(await readdir(home)).toEqual([]);
    expect(await rejectionOf(quantizeCheckpoint(await broken(), "q8"))).toBe(brokenMessage);
  });
});

describe("a conversion is refused", () => {
  it("into a folder that is not empty, which is left as it is", async () => {
    await writeFile(join(home, "config.json"), "mine");
    const files = await convertCheckpoint(await loadCheckpoint(inMemory("small", smallCheckpoint())), "q4");
    expect(await rejectionOf(writeFolder(home, files))).toBe(
      `RangeError: writeFolder: ${home} must be an empty folder, got 1 files`,
    );
    expect(await readdir(home)).toEqual(["config.json"]);
    expect(await readFile(join(home, "config.json"), "utf8")).toBe("mine");
  });

  it("of a checkpoint that is in blocks already", async () => {
    const twice = await quantizeCheckpoint(await loadCheckpoint(inMemory("small", smallCheckpoint())), "q8");
    const message =
      "RangeError: quantize: small must not be quantized already, got weights in 8 bits; without quantize (--quantize) it runs as it is stored";
    const ways: readonly ((checkpoint: Checkpoint) => Promise<unknown>)[] = [
      (checkpoint) => convertCheckpoint(checkpoint, "q4"),
      (checkpoint) => quantizeCheckpoint(checkpoint, "q8"),
      (checkpoint) => quantizeOnDisk(checkpoint, "q4"),
    ];
    for (const way of ways) expect(await rejectionOf(way(twice))).toBe(message);
    expect(await readdir(home)).toEqual([]);
  });

  it("into a precision that there is not", async () => {
    const checkpoint = await loadCheckpoint(inMemory("small", smallCheckpoint()));
    expect(await rejectionOf(convertCheckpoint(checkpoint, "q5" as Precision))).toBe(
      'RangeError: quantize: precision must be one of q4, q8, got "q5"',
    );
    expect(await rejectionOf(convertCheckpoint(checkpoint, 4 as unknown as Precision))).toBe(
      "TypeError: quantize: precision must be one of q4, q8, got 4",
    );
  });
});
