// ONNX Runtime loads and runs what a tape records.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { scratchFolder } from "@ropewalk/testing/scratch-folder";
import { expect, it } from "vitest";
import { checkModel, encode, evaluate, ndArray, tape } from "@ropewalk/graph";

it("runs constants, Split, Concat, scopes and weights in a file", async () => {
  const t = tape();
  const x = t.input("x", "float32", ["n", 4]);
  const weights = Float32Array.from({ length: 8 }, (_, i) => (i - 3) / 4);
  // An offset that is not a multiple of 4, as in safetensors files.
  const offset = 13;
  const w = t.external("w", "float32", [4, 2], {
    location: "weights.bin",
    offset,
    length: weights.byteLength,
  });
  const [left, right] = t.ops("Split", 2, [x, t.constant("int64", [2], [1, 3])], { axis: 1 });
  const rolled = t.scope("layers.0").op("Concat", [right!, left!], { axis: 1 });
  const product = t.scope("layers.0").op("MatMul", [rolled, w]);
  t.output("y", t.op("Add", [product, t.constant("float32", [], [0.5])]));
  const model = t.model();
  checkModel(model);

  const data = [1, 2, 3, 4, 5, 6, 7, 8];
  const { y } = evaluate(model, {
    x: ndArray("float32", [2, 4], data),
    w: ndArray("float32", [4, 2], weights),
  });
  const folder = scratchFolder();
  try {
    const file = new Uint8Array(offset + weights.byteLength);
    file.set(new Uint8Array(weights.buffer), offset);
    writeFileSync(join(folder, "weights.bin"), file);
    const session = await InferenceSession.create(encode(model), {
      extra: { session: { model_external_initializers_file_folder_path: folder } },
    });
    const results = await session.run({
      x: new Tensor("float32", Float32Array.from(data), [2, 4]),
    });
    await session.release();
    // Every number here is exact in float32.
    expect({ dims: results.y!.dims, data: [...(results.y!.data as Float32Array)] }).toEqual({
      dims: [2, 2],
      data: [...y!.data],
    });
    expect([...y!.data]).toEqual([0, 2.5, 0, 6.5]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("runs operators of com.microsoft, whose results have no known type here", async () => {
  const t = tape();
  const x = t.input("x", "float32", ["n"]);
  t.output("y", t.op("QuickGelu", [x], { alpha: { float: 1 } }, { domain: "com.microsoft" }));
  const session = await InferenceSession.create(encode(t.model()));
  const { y } = await session.run({ x: new Tensor("float32", Float32Array.of(0, 1), [2]) });
  await session.release();
  expect(y!.data[0]).toBe(0);
  expect(y!.data[1]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
});
