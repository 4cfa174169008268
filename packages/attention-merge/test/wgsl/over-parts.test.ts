/** What can be known without a device of attention over parts, and of the node that stands for it. */
import { emitKernelNode } from "@ropewalk/attention-merge/onnx";
import {
  attentionOverParts,
  kernelNode,
  kernelOfNode,
  partSizes,
  defaultLimits,
  readKernelNode,
  type PartsConfig,
} from "@ropewalk/attention-merge/wgsl";
import { tape } from "@ropewalk/graph";
import { describe, expect, it } from "vitest";

const rows = (start: number, capacity: number) => ({ start, capacity });

/** SelfExtend behind 300 tokens with a window of 100: settled, tail, ring, and a chunk of 20. */
const config: PartsConfig = {
  ...{ numHeads: 4, numKvHeads: 2, headDim: 32, start: 300, queryLen: 20 },
  parts: [
    { keys: { from: 0, to: 128 }, bands: { kind: "plain", rows: rows(0, 128) } },
    { keys: { from: 128, to: 201 }, bands: { kind: "plain", rows: rows(128, 128) } },
    {
      keys: { from: 201, to: 300 },
      bands: { kind: "nearAndFar", window: 100, nearRows: rows(0, 100), rows: rows(0, 100) },
    },
    { keys: { from: 300, to: 320 }, bands: { kind: "plain", rows: rows(300, 20) } },
  ],
};

describe("attentionOverParts", () => {
  it("has a pass for each part and one that merges them", () => {
    const { passes, bytes } = attentionOverParts(config);
    expect(passes.map(({ name, part }) => [name, part])).toEqual([
      ["attend", 0],
      ["attend", 1],
      ["attend", 2],
      ["attend", 3],
      ["merge", undefined],
    ]);
    const slices = bytes.partialLse / bytes.lse;
    expect(Number.isInteger(slices) && slices >= 4).toBe(true);
    expect(bytes.partialOut).toBe(slices * bytes.out);
  });

  it("does without partial results where one pass is enough", () => {
    const { passes, bytes } = attentionOverParts({
      ...config,
      start: 0,
      parts: [{ keys: { from: 0, to: 20 }, bands: { kind: "plain", rows: rows(0, 20) } }],
    });
    expect(passes.map(({ name }) => name)).toEqual(["attend"]);
    expect(bytes.partialOut).toBe(0);
  });

  const part = config.parts[0]!;
  it.each<readonly [Partial<PartsConfig>, string]>([
    [{ parts: [] }, "attentionOverParts: parts must hold at least 1, got 0"],
    [{ headDim: 6 }, "attentionOverParts: headDim must be a multiple of 4, got 6"],
    [
      { parts: [{ ...part, keys: { from: 5, to: 5 } }] },
      "attentionOverParts: keys.to must be a whole number from 6 to 320, got 5",
    ],
    [
      { parts: [{ ...part, keys: { from: 0, to: 129 } }] },
      "attentionOverParts: capacity of the near rows must be a whole number from 129 to 2147483647, got 128",
    ],
    [
      { limits: { ...defaultLimits, maxStorageBuffersPerShaderStage: 6 } },
      "attentionOverParts: storage buffers of attend must be at most 6 (maxStorageBuffersPerShaderStage), got 7",
    ],
  ])("refuses %j", (wrong, message) => {
    expect(() => attentionOverParts({ ...config, ...wrong })).toThrow(new RangeError(message));
  });
});

describe("a node for the kernel", () => {
  it("says what it was recorded with, and leaves out parts without a token", () => {
    const t = tape();
    const x = (name: string) => t.input(name, "float32", [1, 4, "seqLen", 32]);
    const keys = (name: string) => t.input(name, "float32", [2, name, 32]);
    const [near, far, values, own, ownValues] = ["near", "far", "values", "own", "own_values"].map(keys);
    const heads = { numHeads: 4, numKvHeads: 2, headDim: 32 };
    const rowsOut = emitKernelNode(t, heads, {
      ranges: t.input("ranges", "int32", [2, 3]),
      queries: [x("near_queries"), x("far_queries")],
      softcap: 30,
      parts: [
        { near: 0, far: 1, ring: true, keys: [near!, far!], values: values! },
        { near: 0, far: undefined, ring: false, keys: [own!], values: ownValues! },
      ],
    });
    expect(rowsOut).toMatchObject({ type: "float32", dims: ["seqLen", 128] });
    const [node] = t.model().graph!.node;
    expect({ domain: node!.domain, opType: node!.opType }).toEqual(kernelNode);
    const attributes = readKernelNode((name) => {
      const { ints, i, f } = node!.attribute.find((each) => each.name === name)!;
      return ints.length > 0 ? ints.map(Number) : [i === undefined ? f! : Number(i)];
    });
    expect(attributes).toEqual({
      ...heads,
      numBands: 2,
      softcap: 30,
      parts: [
        { near: 0, far: 1, ring: true },
        { near: 0, far: undefined, ring: false },
      ],
    });
    // Of inputs with 10 rows for each place: the values of the first part are the sixth input, those of the second the eighth.
    expect(partSizes(attributes, Int32Array.of(31, 40, 10, 40, 47, 0), (input) => 10 * input)).toEqual([
      { keys: { from: 31, to: 40 }, window: 10, rows: 50 },
      { keys: { from: 40, to: 47 }, window: 0, rows: 70 },
    ]);
    const own1 = { keys: { from: 0, to: 7 }, window: 0, rows: 7 };
    const empty = kernelOfNode(attributes, [{ keys: { from: 0, to: 0 }, window: 10, rows: 1 }, own1], defaultLimits);
    expect(empty.inputs).toEqual([{ nearQueries: 1, nearKeys: 6, values: 7 }]);
    const both = kernelOfNode(
      attributes,
      [
        { keys: { from: 31, to: 40 }, window: 10, rows: 10 },
        { keys: { from: 40, to: 47 }, window: 0, rows: 7 },
      ],
      defaultLimits,
    );
    expect(both.inputs).toEqual([
      { nearQueries: 1, nearKeys: 3, farQueries: 2, farKeys: 4, values: 5 },
      { nearQueries: 1, nearKeys: 6, values: 7 },
    ]);
    expect(both.passes.map(({ name }) => name)).toEqual(["attend", "attend", "merge"]);
  });
});
