import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  canonical,
  cellHash,
  evaluations,
  mergeRecords,
  readRecords,
  readSweep,
  recordLine,
  shardOf,
  sweepHash,
  type CellIdentity,
  type CellRecord,
  type EntryRule,
  type JsonObject,
} from "../../src/index.ts";

const anything: EntryRule<JsonObject> = { main: "name", lists: ["factors"], read: (_, entry) => entry };
const read = (data: unknown) => readSweep("sweep: s.json", data, { models: anything, methods: anything });

const passkey = { kind: "passkey", length: 128, depth: 0.5 };
const whole = { models: ["a"], methods: ["b"], evaluations: [passkey] };

describe("a sweep's file", () => {
  it("crosses lists, the first key slowest, and fills defaults in", () => {
    const {
      models,
      methods,
      evaluations: asked,
    } = read({
      models: ["a", { name: ["b", "c"] }],
      methods: [
        { name: "x", factors: [1, 2] },
        { name: ["y"], factors: [[1], [2, 3]] },
      ],
      evaluations: [
        { ...passkey, length: [128, 256], depth: [0, 1] },
        { kind: "perplexity", text: "t", length: 64 },
      ],
    });
    expect(models).toEqual([{ name: "a" }, { name: "b" }, { name: "c" }]);
    expect(methods).toEqual([
      { name: "x", factors: [1, 2] },
      { name: "y", factors: [1] },
      { name: "y", factors: [2, 3] },
    ]);
    const at = (length: number, depth: number) => ({
      kind: "passkey",
      entry: 0,
      params: { length, depth, trials: 10, seed: 3 },
    });
    expect(asked).toEqual([
      at(128, 0),
      at(128, 1),
      at(256, 0),
      at(256, 1),
      { kind: "perplexity", entry: 1, params: { text: "t", length: 64, windows: 8, bucket: 512 } },
    ]);
  });

  it.each([
    [
      { ...whole, model: ["a"] },
      TypeError,
      /sweep: s\.json: sweep must have no keys but .*got "model"; models is meant\?/,
    ],
    [
      { ...whole, evaluations: [{ ...passkey, lenght: 3 }] },
      TypeError,
      /evaluations\[0\]: .*got "lenght"; length is meant\?/,
    ],
    [{ ...whole, evaluations: [{ ...passkey, trails: 3 }] }, TypeError, /got "trails"; trials is meant\?/],
    [
      { ...whole, evaluations: [{ kind: "paskey" }] },
      RangeError,
      /kind must be one of .*passkey is meant\?.*got "paskey"/,
    ],
    [{ ...whole, evaluations: [{}] }, TypeError, /evaluations\[0\]: kind must be one of .*got nothing/],
    [{ ...whole, evaluations: [{ ...passkey, depth: [0.5, 2] }] }, RangeError, /depth must be from 0 to 1, got 2/],
    [
      { ...whole, evaluations: [{ ...passkey, length: [] }] },
      RangeError,
      /length must hold at least 1 value, got none/,
    ],
    [{ ...whole, evaluations: [{ ...passkey, length: "128" }] }, TypeError, /length must be a number, got "128"/],
    [{ ...whole, evaluations: ["passkey"] }, TypeError, /evaluations\[0\] must be an object, got "passkey"/],
    [{ ...whole, models: [] }, RangeError, /models must hold at least 1, got 0/],
    [{ ...whole, models: "a" }, TypeError, /models must be an array, got "a"/],
    [{ ...whole, models: [7] }, TypeError, /models\[0\] must be a name's name or an object, got 7/],
    [{ models: ["a"], evaluations: [passkey] }, TypeError, /methods must be an array, got nothing/],
    [[], TypeError, /sweep must be an object, got \[\]/],
  ] as const)("refuses %j", (data, Class, message) => {
    expect(() => read(data)).toThrow(Class);
    expect(() => read(data)).toThrow(message);
  });
});

describe("a cell's hash", () => {
  const identity: CellIdentity = {
    model: "m",
    method: { a: 1, b: { c: [1, 2] } },
    run: {},
    kind: "passkey",
    params: passkey,
    files: [],
  };

  it("is that of what it is, not of the order of its keys", async () => {
    const turned = Object.fromEntries(Object.entries({ ...identity, method: { b: { c: [1, 2] }, a: 1 } }).toReversed());
    expect(await cellHash(turned as never)).toBe(await cellHash(identity));
    for (const key of ["model", "method", "run", "kind", "params", "files"] as const)
      expect(await cellHash({ ...identity, [key]: key === "files" ? ["x"] : { x: 1 } } as never)).not.toBe(
        await cellHash(identity),
      );
    expect(await cellHash(identity)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is over JSON that reads as the value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
        const turned = Object.fromEntries(Object.entries(value).toReversed());
        expect(canonical(turned)).toBe(canonical(value));
      }),
    );
    expect(() => canonical({ a: NaN })).toThrow("canonical: a number must be finite, got NaN");
  });
});

const hashOf = (index: number): string => index.toString(16).padStart(64, "0");
const record = (index: number): CellRecord => ({
  record: "cell",
  hash: hashOf(index),
  model: "m",
  method: "x",
  kind: "passkey",
  params: passkey,
  positions: "plain",
  beyondCapacity: false,
  result: { found: index },
});
const header = recordLine({ record: "sweep", version: 1, sweep: "s", cells: 4 });
const lines = (...indices: readonly number[]): string =>
  header + indices.map((index) => recordLine(record(index))).join("");

describe("records", () => {
  it("are read whole; a last line without its end is none", () => {
    const text = lines(1, 2, 1);
    for (let cut = 1; cut <= text.length; cut++) {
      const { cells, headers, torn } = readRecords("x", text.slice(0, cut));
      const ends = text.slice(0, cut).split("\n").length - 1;
      expect([headers.length, cells.size, torn > 0]).toEqual([
        Math.min(1, ends),
        Math.min(2, Math.max(0, ends - 1)),
        text[cut - 1] !== "\n",
      ]);
    }
  });

  it.each([
    [`${lines(1)}{"rec\n${recordLine(record(2))}`, /^x: line 3 must be a record of a sweep, got .*JSON/],
    [`${header}\n`, /^x: line 2 must be a record/],
    [`${header}7\n`, /line 2 .*got 7/],
    [`${header}{"record":"cel"}\n`, /line 2 .*got record "cel"/],
    [recordLine({ ...record(1), hash: "abc" }), /line 1 .*got hash "abc"/],
    [`{"record":"cell","hash":"${hashOf(1)}"}\n`, /line 1 .*got result nothing/],
    [`{"record":"sweep","version":2,"sweep":"s"}\n`, /line 1 .*got version 2, where 1 is read/],
  ])("a broken line is named: %j", (text, message) => {
    expect(() => readRecords("x", text)).toThrow(message);
  });
});

describe("parts", () => {
  it("are all cells, each once, of about the same cost", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 1 }), fc.integer({ min: 1, max: 12 }), (costs, of) => {
        const cells = costs.map((cost, index) => ({ cost, index }));
        const parts = Array.from({ length: of }, (_, index) =>
          shardOf(cells, { index: index + 1, of }, ({ cost }) => cost),
        );
        expect(parts.flat().toSorted((a, b) => a.index - b.index)).toEqual(cells);
        const counts = parts.map(({ length }) => length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        const sums = parts.map((part) => part.reduce((sum, { cost }) => sum + cost, 0));
        expect(Math.max(...sums) - Math.min(...sums)).toBeLessThanOrEqual(2 * Math.max(...costs));
      }),
    );
  });

  it.each([
    [0, 3],
    [4, 3],
    [1.5, 3],
    [1, 0],
  ])("refuses part %d of %d", (index, of) => {
    expect(() => shardOf([], { index, of }, () => 1)).toThrow(RangeError);
  });

  it("are joined, the same in any order, each cell once", () => {
    const part = (name: string, text: string) => ({ name, records: readRecords(name, text) });
    const [a, b] = [part("a", lines(3, 1)), part("b", lines(2, 1))];
    const merged = mergeRecords([a, b]);
    expect(merged).toEqual({ text: lines(1, 2, 3), cells: 3, of: 4 });
    expect(mergeRecords([b, a, b])).toEqual(merged);
    const other = part("c", header.replace('"s"', '"t"'));
    expect(() => mergeRecords([a, other])).toThrow(/merge: c must be a part of the same sweep as a \(s\), got t/);
    expect(() => mergeRecords([a, part("d", "")])).toThrow(/merge: d must say of which sweep it is/);
  });

  it("a sweep's name is that of its cells, in any order", async () => {
    expect(await sweepHash(["b", "a", "b"])).toBe(await sweepHash(["a", "b"]));
    expect(await sweepHash(["a"])).not.toBe(await sweepHash(["a", "b"]));
  });
});

it("every row of the table has the name that it is found by", () => {
  for (const [kind, row] of Object.entries(evaluations)) expect(row.kind).toBe(kind);
});
