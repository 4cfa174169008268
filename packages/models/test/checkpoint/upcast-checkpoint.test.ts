import { describe, expect, it } from "vitest";
import { loadCheckpoint, quantizeCheckpoint, upcastCheckpoint, type Checkpoint } from "../../src/index.ts";
import { openFolder } from "../../src/node.ts";

const open = async (name: "llama" | "qwen2" | "solar"): Promise<Checkpoint> =>
  loadCheckpoint(await openFolder(new URL(`${name}/`, new URL("../vectors/tiny/", import.meta.url))));

const read = async ({ locate, files }: Checkpoint, tensor: string): Promise<Uint8Array> => {
  const { location, offset, length } = locate(tensor);
  return files.find(({ external }) => external.file === location)!.source.read(offset, offset + length);
};

describe("upcastCheckpoint", () => {
  it("has each tensor in bfloat16 as float32, to the bit, and drops the files that nothing is read from", async () => {
    const stored = await open("solar");
    const wide = await upcastCheckpoint(stored);
    for (const [tensor, dims] of Object.entries(stored.decoder.tensors)) {
      expect([stored.locate(tensor).type, wide.locate(tensor).type]).toEqual(["bfloat16", "float32"]);
      const [before, after] = [await read(stored, tensor), await read(wide, tensor)];
      const size = dims.reduce((product, dim) => product * dim, 1);
      expect([before.length, after.length]).toEqual([2 * size, 4 * size]);
      // A bfloat16 is the upper half of its float32.
      const upper = after.filter((_, at) => at % 4 >= 2);
      expect(Buffer.compare(upper, before)).toBe(0);
      expect(after.some((byte, at) => at % 4 < 2 && byte !== 0)).toBe(false);
    }
    expect(wide.files.every(({ external }) => external.kind === "bytes")).toBe(true);
  });

  it("keeps matrices in blocks as they are", async () => {
    const rounded = await quantizeCheckpoint(await open("solar"), "q8");
    const wide = await upcastCheckpoint(rounded);
    const { projections, embedding } = rounded.decoder;
    for (const name of projections) expect(wide.locateBlocks?.(name)).toEqual(rounded.locateBlocks?.(name));
    expect(wide.locate(embedding).type).toBe("float32");
  });

  it.each(["llama", "qwen2"] as const)("leaves %s, without bfloat16, as it is", async (name) => {
    const stored = await open(name);
    expect(await upcastCheckpoint(stored)).toBe(stored);
  });
});
