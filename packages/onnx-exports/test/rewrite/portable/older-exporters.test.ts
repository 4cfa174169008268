/**
 * Rotation and mask as older exporters wrote them. Tables of cosines and sines end at the trained window, and are looked up by
 * position. The mask is a triangle of the most negative number, shifted by the past, into which padding is scattered.
 */
import { selfExtend } from "@ropewalk/context-extension";
import { decode, encode, tape, type GraphProto } from "@ropewalk/graph";
import { ropeFrequencies, rotationTable } from "@ropewalk/rope";
import { configOf, expectedOf, goldenOf, modelOf } from "@ropewalk/testing/exports/export-files";
import { open } from "@ropewalk/testing/exports/run-export";
import { largestDifference } from "@ropewalk/testing/numbers/largest-difference";
import { expect, it } from "vitest";
import { extendExport } from "../../../src/index.ts";

const name = "torch-ts-eager-llama";
const trainedContext = 64;
const least = -3.4028234663852886e38;

const recorded = (names: { readonly mask: string; readonly cos: string; readonly sin: string }): GraphProto => {
  const root = tape();
  const t = root.scope("older");
  const attention = root.input("attention_mask", "int64", ["batch", "totalLen"]);
  const positions = root.input("position_ids", "int64", ["batch", "seqLen"]);
  const past = root.input("past_key_values.0.key", "float32", ["batch", 2, "pastLen", 16]);
  const int = (...data: readonly number[]) => t.constant("int64", [data.length], data);
  const scalar = (x: number) => t.constant("int64", [], [x]);
  const number = (x: number) => t.constant("float32", [], [x]);
  const size = (x: typeof past, axis: number) => t.op("Gather", [t.op("Shape", [x]), scalar(axis)], { axis: 0 });

  // Tables are as wide as a head: they have the angles of all pairs twice.
  const { cos, sin } = rotationTable(
    ropeFrequencies({ rotaryDim: 16, theta: 10_000, scaling: { kind: "default" } }),
    Array.from({ length: trainedContext }, (_, i) => i),
  );
  for (const [half, output] of [
    [cos, names.cos],
    [sin, names.sin],
  ] as const) {
    const rows = Array.from({ length: trainedContext }, (_, i) => Array.from(half.subarray(8 * i, 8 * i + 8)));
    const whole = t.constant(
      "float32",
      [trainedContext, 16],
      rows.flatMap((row) => [...row, ...row]),
    );
    t.op("Gather", [whole, positions], { axis: 0 }, { output });
  }

  const [pastLen, seqLen, totalLen] = [size(past, 2), size(positions, 1), size(attention, 1)];
  const shape = t.op("Concat", [t.op("Unsqueeze", [seqLen, int(0)]), t.op("Unsqueeze", [totalLen, int(0)])], {
    axis: 0,
  });
  const full = t.op("Expand", [number(least), shape]);
  const triangle = t.op("Trilu", [full, scalar(1)], { upper: 1 });
  const columns = t.op("Range", [scalar(0), totalLen, scalar(1)]);
  const own = t.op("Add", [t.op("Range", [scalar(0), seqLen, scalar(1)]), pastLen]);
  const later = t.op("Greater", [columns, t.op("Unsqueeze", [own, int(1)])]);
  const shifted = t.op("Mul", [triangle, t.op("Cast", [later], { to: 1 })]);
  // Without a past the triangle is enough. With a past, later keys are compared by position.
  const causal = t.op("Where", [later, number(least), t.op("Mul", [shifted, number(0)])]);
  const four = t.op("Unsqueeze", [causal, int(0, 1)]);
  const wide = t.op("Expand", [
    four,
    t.op("Concat", [t.op("Unsqueeze", [size(attention, 0), int(0)]), int(1), shape], { axis: 0 }),
  ]);
  const tokens = t.op("Cast", [t.op("Unsqueeze", [attention, int(1, 2)])], { to: 1 });
  const padding = t.op("Equal", [t.op("Add", [wide, tokens]), number(0)]);
  const filled = t.op("Where", [padding, number(least), wide]);
  // An assignment to a part of a tensor is exported as one slice that is written back.
  t.op(
    "ScatterND",
    [wide, t.op("Unsqueeze", [t.op("Range", [scalar(0), size(attention, 0), scalar(1)]), int(1)]), filled],
    {},
    {
      output: names.mask,
    },
  );
  return root.model().graph!;
};

const older = (): Uint8Array => {
  const model = decode(modelOf(name));
  const graph = model.graph!;
  const maker = (value: string) => graph.node.find(({ output }) => output.includes(value))!;
  const softmax = graph.node.find(({ opType }) => opType === "Softmax")!;
  const mask = maker(softmax.input[0]!).input[1]!;
  const rotary = graph.node.filter(({ name: label }) => label.startsWith("/m/model/rotary_emb/"));
  const [cos, sin] = rotary
    .filter(({ opType }) => opType === "Cast")
    .slice(-2)
    .map(({ output }) => output[0]!);
  const names = { mask, cos: cos!, sin: sin! };
  const { node, initializer } = recorded(names);
  const replaced = new Set(Object.values(names));
  graph.node = [...node, ...graph.node.filter(({ output }) => !output.some((value) => replaced.has(value)))];
  graph.initializer = [...graph.initializer, ...initializer];
  return encode(model);
};

it("is understood, and reaches beyond its table", async () => {
  const model = older();
  const { inputIds, logitsLast } = expectedOf(name);
  const config = configOf(name);
  for (const bytes of [model, extendExport({ extension: {}, config }, model).model]) {
    const runner = await open(name, bytes);
    expect(largestDifference((await runner.step([inputIds]))[0]!, logitsLast)).toBeLessThan(1e-4);
    await runner.release();
  }
  const golden = goldenOf("llama").cases.find(
    ({ method, inputIds: ids }) => method === "self-extend" && ids.length === 100,
  )!;
  const runner = await open(
    name,
    extendExport({ extension: selfExtend({ groupSize: golden.groupSize, window: golden.window }), config }, model)
      .model,
  );
  expect(largestDifference((await runner.step([golden.inputIds]))[0]!, golden.logitsLast)).toBeLessThan(2e-3);
  await runner.release();
});
