/** Records as files have them: each kind's numbers are checked by what computes with them, and said where they stand. */
import { entropyKinds } from "@ropewalk/entropy-scaling";
import { positionKinds } from "@ropewalk/position-mapping/scheme";
import { ropeKinds } from "@ropewalk/rope";
import { describe, expect, it } from "vitest";
import { readRecord, recordOf, type ExtensionRecord } from "../src/index.ts";

const read = (record: unknown) => () => readRecord("f: file", "extension", record as ExtensionRecord);

/** One of each kind, so that a new kind fails here until it has a row. */
const positions = {
  "self-extend": { groupSize: 4, window: 16 },
  "re-rope": { window: 16 },
  "leaky-re-rope": { factor: 2, window: 16 },
  "sliding-window": { window: 16 },
  string: { shiftFrom: 21, window: 8 },
  "dual-chunk": { chunkSize: 32, localSize: 8 },
  sinks: { sinks: 4, window: 16 },
};
const trained = { factor: 2, originalContext: 64 };
const ropes = {
  default: {},
  linear: { factor: 2 },
  "ntk-aware": { factor: 2 },
  "dynamic-ntk": trained,
  yarn: {
    ...trained,
    betaFast: 32,
    betaSlow: 1,
    attentionFactor: 1.1,
    mscale: 1,
    mscaleAllDim: 0.5,
    truncate: false,
  },
  llama3: { ...trained, lowFreqFactor: 1, highFreqFactor: 4 },
  longrope: { ...trained, shortFactor: [1, 1, 2], longFactor: [1, 2, 4], attentionFactor: 1.2 },
  abf: { theta: 500_000 },
  "mr-rope": { ...trained, variant: "uniform", betaFast: 32, betaSlow: 1 },
};
const entropies = {
  "log-n": { trainedContext: 64 },
  "entropy-abf": { trainedContext: 64, exemptLayers: 2 },
  "yarn-temperature": { factor: 2 },
};
const fields = { positions, rope: ropes, entropy: entropies } as const;

const rows = Object.entries(fields).flatMap(([field, kinds]) =>
  Object.entries(kinds).map(([kind, numbers]) => [field, kind, numbers as Record<string, unknown>] as const),
);

it("has a row for every kind but custom", () => {
  expect(Object.keys(positions).toSorted()).toEqual(positionKinds.filter((kind) => kind !== "custom").toSorted());
  expect(Object.keys(ropes).toSorted()).toEqual(ropeKinds.filter((kind) => kind !== "custom").toSorted());
  expect(Object.keys(entropies).toSorted()).toEqual(entropyKinds.filter((kind) => kind !== "custom").toSorted());
});

describe.each(rows)("%s %s", (field, kind, numbers) => {
  const record = (changed: object): unknown => ({ [field]: { kind, ...numbers, ...changed } });

  it("is read from JSON and told again", () => {
    const parsed = JSON.parse(JSON.stringify(record({}))) as ExtensionRecord;
    expect(recordOf(read(parsed)())).toEqual(parsed);
  });

  it("has no other keys", () => {
    expect(read(record({ mistaken: 1 }))).toThrow(TypeError);
    expect(read(record({ mistaken: 1 }))).toThrow(
      new RegExp(`^f: file: extension\\.${field} must be one that .* prints, got \\w+: .*got "mistaken"`),
    );
  });

  // The attention scale that comes of both is checked: m(-1) may be one.
  const any = new Set(["mscale", "mscaleAllDim"]);
  const wrongOf = (key: string): readonly unknown[] => [null, "2", {}, ...(any.has(key) ? [] : [-1])];

  it.each(Object.keys(numbers).flatMap((key) => wrongOf(key).map((wrong) => [key, wrong] as const)))(
    "refuses %s %j",
    (key, wrong) => {
      expect(read(record({ [key]: wrong }))).toThrow(
        new RegExp(`^f: file: extension\\.${field} must be one that .* prints, got \\w+: `),
      );
    },
  );
});

describe("what no file can say", () => {
  it.each([
    ["positions", { kind: "custom", name: "Mine", bands: [], window: 4 }],
    ["rope", { kind: "custom", factor: 2 }],
    ["entropy", { kind: "custom" }],
  ])("custom %s", (field, value) => {
    expect(read({ [field]: value })).toThrow(RangeError);
    expect(read({ [field]: value })).toThrow(
      new RegExp(`^f: file: extension\\.${field}\\.kind must be one of .*, got "custom"$`),
    );
  });

  it.each(Object.keys(fields))("%s that are no object with a kind", (field) => {
    for (const wrong of [null, "yarn", 3])
      expect(read({ [field]: wrong })).toThrow(`f: file: extension.${field} must be an object with a kind, got `);
    expect(read({ [field]: {} })).toThrow(`f: file: extension.${field}.kind must be one of `);
  });

  it("factors that are no list of numbers, or of two lengths", () => {
    const longrope = (changed: object) => ({ rope: { kind: "longrope", ...ropes.longrope, ...changed } });
    expect(read(longrope({ shortFactor: [1, "1", 2] }))).toThrow(
      'got ropeFrequencies: shortFactor must be a number, got "1"',
    );
    expect(read(longrope({ longFactor: [1, 2] }))).toThrow(/longFactor.* must be 3, got 2$/);
    expect(read(longrope({ shortFactor: [], longFactor: [] }))).toThrow(/shortFactor/);
    const many = Array.from({ length: 500_000 }, () => 1);
    expect(read(longrope({ shortFactor: many, longFactor: many }))).not.toThrow();
  });
});
