/** What can be known without a device: how the work is cut, what it costs, and that all parts fit each other. */
import {
  attentionCost,
  attentionKernel,
  attentionManifest,
  defaultLimits,
  type AttentionConfig,
  type Pass,
  type TileCounts,
} from "@ropewalk/attention-merge/wgsl";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const base: AttentionConfig = {
  numHeads: 32,
  numKvHeads: 8,
  headDim: 128,
  start: 7_680,
  queryLen: 512,
  bands: { kind: "nearAndFar", window: 1_024 },
};

const configs: fc.Arbitrary<AttentionConfig> = fc
  .record({
    kind: fc.constantFrom("plain" as const, "slidingWindow" as const, "nearAndFar" as const),
    window: fc.integer({ min: 1, max: 200 }),
    numKvHeads: fc.integer({ min: 1, max: 3 }),
    group: fc.integer({ min: 1, max: 6 }),
    columns: fc.integer({ min: 1, max: 64 }),
    start: fc.integer({ min: 0, max: 200 }),
    queryLen: fc.integer({ min: 1, max: 70 }),
  })
  .map(({ kind, window, numKvHeads, group, columns, start, queryLen }) => ({
    bands: kind === "plain" ? { kind } : { kind, window },
    numKvHeads,
    numHeads: numKvHeads * group,
    headDim: 4 * columns,
    start,
    queryLen,
  }));

const windowOf = ({ bands }: AttentionConfig): number => (bands.kind === "plain" ? Infinity : bands.window);

const tileRowsOf = ({ numHeads, numKvHeads, headDim, queryLen }: AttentionConfig): number => {
  const rows = (numHeads / numKvHeads) * queryLen;
  if (rows <= 8) return 8;
  return rows <= 16 || headDim > 128 ? 16 : 32;
};

/** Every pair of every tile looked at. */
const counted = (config: AttentionConfig): TileCounts & { readonly mostMixed: number; readonly mostSpan: number } => {
  const { numHeads, numKvHeads, start, queryLen, bands } = config;
  const [group, tileRows, window] = [numHeads / numKvHeads, tileRowsOf(config), windowOf(config)];
  const positions = Array.from({ length: group * queryLen }, (_, row) => start + Math.floor(row / group));
  const counts = { far: 0, near: 0, mixed: 0, mostMixed: 0, mostSpan: 0 };
  for (let row = 0; row < positions.length; row += tileRows) {
    const rows = positions.slice(row, row + tileRows);
    let mixed = 0;
    for (let key = 0; key <= rows.at(-1)!; key += 32) {
      const keys = Array.from({ length: Math.min(32, rows.at(-1)! + 1 - key) }, (_, index) => key + index);
      const distances = rows.flatMap((position) => keys.map((at) => position - at));
      if (bands.kind !== "nearAndFar") counts.near += distances.some((d) => d >= 0 && d < window) ? 1 : 0;
      else if (distances.every((distance) => distance >= window)) counts.far++;
      else if (distances.every((distance) => distance < window)) counts.near++;
      else mixed++;
    }
    counts.mixed += mixed;
    counts.mostMixed = Math.max(counts.mostMixed, mixed);
    counts.mostSpan = Math.max(counts.mostSpan, rows.at(-1)! - rows[0]!);
  }
  return counts;
};

describe("tiles", () => {
  it("are as many of each sort as looking at every pair finds", () => {
    fc.assert(
      fc.property(configs, (config) => {
        const { far, near, mixed } = counted(config);
        expect(attentionCost(config).tiles).toEqual({ far, near, mixed });
      }),
    );
  });

  it("are mixed ceil((b - a + 31) / 32) times at most for rows at a to b", () => {
    fc.assert(
      fc.property(configs, (config) => {
        const { mostMixed, mostSpan } = counted(config);
        expect(mostMixed).toBeLessThanOrEqual(Math.max(1, Math.ceil((mostSpan + 31) / 32)));
      }),
    );
  });

  it("of a chunk are mostly far, and mixed about once in a tile of rows", () => {
    // 64 tiles of 32 rows, which are 8 positions of 4 heads: the window ends in one tile of keys, 32 more are near, and
    // 208 + floor(t / 4) lie before it.
    expect(attentionCost(base).tiles).toEqual({ far: 64 * 208 + 4 * 120, near: 64 * 32, mixed: 64 });
    expect(attentionCost({ ...base, start: 8_191, queryLen: 1 }).tiles).toEqual({ far: 224, near: 32, mixed: 0 });
  });
});

describe("attentionCost", () => {
  it("counts what must be computed and read", () => {
    fc.assert(
      fc.property(configs, fc.constantFrom("float32" as const, "float16" as const), (config, storage) => {
        const { numHeads, numKvHeads, headDim, start, queryLen, bands } = config;
        const [window, two] = [windowOf(config), bands.kind === "nearAndFar"];
        let pairs = 0;
        const read = { near: new Set<number>(), far: new Set<number>() };
        for (let i = start; i < start + queryLen; i++)
          for (let j = 0; j <= i; j++) {
            if (i - j >= window && !two) continue;
            pairs++;
            read[i - j < window ? "near" : "far"].add(j);
          }
        const rows =
          numHeads * queryLen * (two ? 3 : 2) +
          numKvHeads * (read.near.size + read.far.size + new Set([...read.near, ...read.far]).size);
        expect(attentionCost({ ...config, storage }).least).toEqual({
          operations: pairs * numHeads * 4 * headDim,
          bytes: rows * headDim * (storage === "float16" ? 2 : 4) + 4 * numHeads * queryLen,
        });
      }),
    );
  });

  it("of a step reads each key and value once, and of a chunk computes little beyond the pairs", () => {
    const step = attentionCost({ ...base, start: 8_191, queryLen: 1 });
    expect(step.least).toEqual({ bytes: 67_158_144, operations: 134_217_728 });
    expect(step.tiled.bytes / step.least.bytes).toBeLessThan(1.2);
    const chunk = attentionCost(base);
    expect(chunk.tiled.operations / chunk.least.operations).toBeLessThan(1.02);
  });
});

const [attend] = attentionKernel(base).passes as [Pass];

describe("attentionKernel", () => {
  it("has every binding's buffer, sized as the manifest says", () => {
    const { passes, buffers, scratchBytes } = attentionKernel({ ...base, splits: 3, storage: "float16" });
    expect(passes.map(({ name, workgroups }) => [name, workgroups])).toEqual([
      ["attend", [64, 8, 3]],
      ["merge", [(32 * 512 * 32) / 64, 1, 1]],
    ]);
    const names = ["sizes", ...buffers.map(({ name }) => name)];
    expect(new Set(passes.flatMap(({ bindings }) => bindings.map(({ buffer }) => buffer)))).toEqual(new Set(names));
    for (const { code, bindings } of passes)
      for (const { binding, type } of bindings) {
        const space = { uniform: "uniform", "read-only-storage": "storage, read", storage: "storage, read_write" }[
          type
        ];
        expect(code).toContain(`@group(0) @binding(${binding}) var<${space}> `);
      }
    const bytes = Object.fromEntries(buffers.map(({ name, bytes: size }) => [name, size]));
    const out = 32 * 512 * 128;
    expect(bytes).toEqual({
      nearQueries: 2 * out,
      farQueries: 2 * out,
      out: 2 * out,
      lse: 4 * 32 * 512,
      nearKeys: 2 * 8 * 8_192 * 128,
      farKeys: 2 * 8 * 8_192 * 128,
      values: 2 * 8 * 8_192 * 128,
      partialOut: 4 * 3 * out,
      partialLse: 4 * 3 * 32 * 512,
    });
    expect(scratchBytes).toBe(4 * 3 * out + 4 * 3 * 32 * 512);
  });

  it("splits the keys of a step, and not those of a chunk", () => {
    expect(attentionKernel(base).passes.length).toBe(1);
    expect(attentionKernel(base).scratchBytes).toBe(0);
    expect(attentionKernel({ ...base, start: 8_191, queryLen: 1 }).passes[0]!.workgroups).toEqual([1, 8, 32]);
    expect(attentionKernel({ ...base, start: 30, queryLen: 1 }).passes.length).toBe(1);
  });

  it("is the same text for other lengths, windows, heads and capacities", () => {
    const bands = { kind: "nearAndFar", window: 17, capacity: 4_096, nearRows: { start: 0, capacity: 600 } } as const;
    const other = attentionKernel({ ...base, bands, numHeads: 6, numKvHeads: 3, start: 3, queryLen: 99 });
    expect(other.passes[0]!.code).toBe(attend.code);
    expect(attentionKernel({ ...base, headDim: 64 }).passes[0]!.code).not.toBe(attend.code);
  });

  it("takes the workgroup memory that its text declares, never above the least that a device has", () => {
    fc.assert(
      fc.property(configs, (config) => {
        const { code, workgroupBytes } = attentionKernel(config).passes[0]!;
        const constants = Object.fromEntries(
          [...code.matchAll(/^const (\w+) = (\d+)u;$/gm)].map(([, name, value]) => [name!, Number(value)]),
        );
        const declared = [...code.matchAll(/^var<workgroup> \w+: array<(.+), (\w+) \* (\w+)>;$/gm)].map(
          ([, type, a, b]) => (type === "f32" ? 4 : 16) * constants[a!]! * constants[b!]!,
        );
        expect(declared.length).toBe(4);
        expect(declared.reduce((sum, bytes) => sum + bytes, 0)).toBe(workgroupBytes);
        expect(workgroupBytes).toBeLessThanOrEqual(defaultLimits.maxComputeWorkgroupStorageSize);
      }),
    );
  });

  const refusals: readonly (readonly [Partial<AttentionConfig>, string])[] = [
    [{ headDim: 30 }, "attentionKernel: headDim must be a multiple of 4, got 30"],
    [{ headDim: 260 }, "attentionKernel: headDim must be a whole number from 4 to 256, got 260"],
    [{ numKvHeads: 5 }, "attentionKernel: numKvHeads must divide numHeads, got 5 and 32"],
    [{ queryLen: 0 }, "attentionKernel: queryLen must be a whole number from 1 to 2147483647, got 0"],
    [{ start: 1.5 }, "attentionKernel: start must be a whole number from 0 to 2147483647, got 1.5"],
    [{ splits: 0 }, "attentionKernel: splits must be a whole number from 1 to 2147483647, got 0"],
    [
      { bands: { kind: "slidingWindow", window: 0 } },
      "attentionKernel: window must be a whole number from 1 to 2147483647, got 0",
    ],
    [
      { bands: { kind: "plain", capacity: 8_191 } },
      "attentionKernel: capacity of the near rows must be a whole number from 8192 to 2147483647, got 8191",
    ],
    [
      { bands: { kind: "nearAndFar", window: 100, capacity: 8_000 } },
      "attentionKernel: capacity must be a whole number from 8192 to 2147483647, got 8000",
    ],
    [
      { bands: { kind: "nearAndFar", window: 100, nearRows: { start: 7_582, capacity: 611 } } },
      "attentionKernel: start of the near rows must be a whole number from 0 to 7581, got 7582",
    ],
    [
      { bands: { kind: "nearAndFar", window: 100, nearRows: { start: 0, capacity: 610 } } },
      "attentionKernel: capacity of the near rows must be a whole number from 611 to 2147483647, got 610",
    ],
    [
      { limits: { ...defaultLimits, maxComputeWorkgroupStorageSize: 8_192 } },
      "attentionKernel: workgroup memory of attend in bytes must be at most 8192 (maxComputeWorkgroupStorageSize), got 14848",
    ],
    [
      { limits: { ...defaultLimits, maxComputeInvocationsPerWorkgroup: 32 } },
      "attentionKernel: invocations of attend must be at most 32 (maxComputeInvocationsPerWorkgroup), got 64",
    ],
    [
      { limits: { ...defaultLimits, maxStorageBuffersPerShaderStage: 6 } },
      "attentionKernel: storage buffers of attend must be at most 6 (maxStorageBuffersPerShaderStage), got 7",
    ],
    [
      { splits: 70_000 },
      "attentionKernel: workgroups of attend must be at most 65535 (maxComputeWorkgroupsPerDimension), got 70000",
    ],
    [
      { start: 40_000 },
      "attentionKernel: bytes of nearKeys must be at most 134217728 (maxStorageBufferBindingSize), got 165937152",
    ],
  ];
  it.each(refusals)("refuses %j", (wrong, message) => {
    expect(() => attentionKernel({ ...base, ...wrong })).toThrow(new RangeError(message));
  });
});

describe("attentionManifest", () => {
  it("is a value that JSON can hold", () => {
    expect(JSON.parse(JSON.stringify(attentionManifest))).toEqual(attentionManifest);
  });

  it("has cases that the kernel takes, on any device", () => {
    for (const { config } of [...attentionManifest.tests, ...attentionManifest.benchmarks])
      expect(attentionKernel(config).passes.length).toBeGreaterThan(0);
  });
});
