/** Weights in half the width, and in several files, against the same numbers in float32. */
import { inMemory, type CheckpointFolder } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { stories260K } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadModel } from "../../src/index.ts";
import { backends } from "../backends.ts";

type Entry = {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
};

const split = (file: Uint8Array): { readonly header: Record<string, Entry>; readonly data: Uint8Array } => {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const { __metadata__: _, ...header } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as Record<
    string,
    Entry
  >;
  return { header, data: file.slice(8 + length) };
};

const joined = (header: Record<string, Entry>, data: Uint8Array): Uint8Array => {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
};

const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, stories260K.url)));

/** stories260K with its weights rounded to bfloat16: stored so, or widened to float32 again. */
const rounded = (stored: "BF16" | "F32"): CheckpointFolder => {
  const { header, data } = split(read("model.safetensors"));
  const bits = new Uint32Array(data.buffer).map((word) => word & 0xffff_0000);
  const narrow = Uint16Array.from(bits, (word) => word >>> 16);
  const halved = Object.entries(header).map(
    ([
      name,
      {
        shape,
        data_offsets: [from, to],
      },
    ]): [string, Entry] => [name, { dtype: "BF16", shape, data_offsets: [from / 2, to / 2] }],
  );
  const weights =
    stored === "BF16"
      ? joined(Object.fromEntries(halved), new Uint8Array(narrow.buffer))
      : joined(header, new Uint8Array(bits.buffer));
  return inMemory(stored, { "config.json": read("config.json"), "model.safetensors": weights });
};

/** stories260K in two files. */
const sharded = (): CheckpointFolder => {
  const { header, data } = split(read("model.safetensors"));
  const entries = Object.entries(header).toSorted(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  const parts = [entries.slice(0, 9), entries.slice(9)].map((part) => {
    const start = part[0]![1].data_offsets[0];
    const end = part.at(-1)![1].data_offsets[1];
    const moved = part.map(([name, entry]): [string, Entry] => {
      const [from, to] = entry.data_offsets;
      return [name, { ...entry, data_offsets: [from - start, to - start] }];
    });
    return joined(Object.fromEntries(moved), data.subarray(start, end));
  });
  const map = Object.fromEntries(entries.map(([name], index) => [name, index < 9 ? "1.safetensors" : "2.safetensors"]));
  return inMemory("sharded", {
    "config.json": read("config.json"),
    "model.safetensors.index.json": new TextEncoder().encode(JSON.stringify({ weight_map: map })),
    "1.safetensors": parts[0]!,
    "2.safetensors": parts[1]!,
  });
};

const ids = Array.from({ length: 90 }, (_, index) => 3 + ((index * 131) % 500));

describe.each(backends)("weights on $name", (backend) => {
  const logitsOf = async (folder: CheckpointFolder): Promise<Float32Array> => {
    const model = await loadModel(folder, { backend });
    const logits = await model.logits(ids);
    await model.release();
    return logits;
  };

  it("in bfloat16 give what the same numbers give in float32", async () => {
    expect(largestDifference(await logitsOf(rounded("BF16")), await logitsOf(rounded("F32")))).toBeLessThan(1e-5);
  });

  it("in several files give what they give in one", async () => {
    expect(
      largestDifference(await logitsOf(sharded()), await logitsOf(await openFolder(stories260K.url))),
    ).toBeLessThan(1e-5);
  });
});
