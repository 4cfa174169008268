/** A folder in blocks of every size that 8 bits may have: all that reads it agrees with what was rounded on load. */
import { randomCheckpoint } from "@ropewalk/testing/checkpoints/random-checkpoint";
import { smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { expect, it } from "vitest";
import {
  convertCheckpoint,
  inMemory,
  llama,
  loadCheckpoint,
  quantizeCheckpoint,
  readDense,
  storedBytes,
  unpackCheckpoint,
  weightBytes,
  weightsFingerprint,
  type Checkpoint,
} from "../../src/index.ts";

/** The checkpoint of the folder that conversion gives. */
const converted = async (checkpoint: Checkpoint) => {
  const files: Record<string, Uint8Array> = {};
  for (const { name, parts } of await convertCheckpoint(checkpoint, "q8")) {
    const bytes: Uint8Array[] = [];
    for await (const part of parts) bytes.push(part.slice());
    files[name] = new Uint8Array(Buffer.concat(bytes));
  }
  const config = JSON.parse(new TextDecoder().decode(files["config.json"])) as Readonly<Record<string, unknown>>;
  return { config, read: await loadCheckpoint(inMemory("converted", files)) };
};

it.each([
  { hidden: 128, middle: 256, blockSize: 64 },
  { hidden: 128, middle: 160, blockSize: 32 },
  { hidden: 64, middle: 172, blockSize: 32 },
])("rows of $hidden and $middle in blocks of $blockSize", async ({ hidden, middle, blockSize }) => {
  const config = { ...smallConfig, hidden_size: hidden, intermediate_size: middle };
  const { tensors } = llama.read(config);
  const source = await loadCheckpoint(inMemory("source", randomCheckpoint(config, tensors).files));
  const onLoad = await quantizeCheckpoint(source, "q8");
  const { config: written, read } = await converted(source);
  expect(written["quantization_config"]).toEqual({ quant_method: "ropewalk", block_size: blockSize });
  const stored = Object.values(storedBytes(read)).reduce((sum, bytes) => sum + bytes, 0);
  expect(stored).toBe(weightBytes(source).q8);
  expect(await weightsFingerprint(read)).toBe(await weightsFingerprint(onLoad));
  await expect(convertCheckpoint(read, "q8")).rejects.toThrow("converted must not be quantized already");
  const [asStored, asLoaded] = [await unpackCheckpoint(read), await unpackCheckpoint(onLoad)];
  for (const name of Object.keys(tensors)) {
    const [got, wanted] = [await readDense(asStored, name), await readDense(asLoaded, name)];
    expect(got).toEqual(wanted);
    const exact = await readDense(source, name);
    expect(Math.max(...got.map((value, at) => Math.abs(value - exact[at]!)))).toBeLessThan(0.005);
  }
});
