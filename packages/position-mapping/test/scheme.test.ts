import { capacity, relativePositions, type Band, type PositionMapping } from "@ropewalk/position-mapping";
import { covers, nearBand } from "@ropewalk/position-mapping/bands";
import { positionMapping, type PositionScheme } from "@ropewalk/position-mapping/scheme";
import { threeBands } from "@ropewalk/testing/goldens/three-bands";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyScheme, longestByTrying } from "./definitions.ts";
import vectors from "./vectors/position-matrices.json" with { type: "json" };

const nothing = { capacity: () => Infinity, remedy: () => "nothing would fit" };

/** LaMPE, arXiv 2508.02308, for an input of `length` tokens. */
const lampe = (numbers: Readonly<Record<string, number>>): PositionScheme => {
  const { length, head, mappedLength, tail } = numbers as {
    [name in "length" | "head" | "mappedLength" | "tail"]: number;
  };
  const mapped = (p: number): number => Math.floor((mappedLength * p) / (length - 1));
  const shift = head - mapped(head) - 1;
  const shift2 = length - 1 - tail - mapped(length - 1 - tail) - shift;
  return {
    kind: "custom",
    name: "LaMPE",
    window: head,
    ...nothing,
    bands: [
      nearBand(head),
      { from: head, to: length - tail, query: (i) => mapped(i) + shift, key: mapped },
      { from: length - tail, to: Infinity, query: (i) => i - shift2, key: (j) => j },
    ],
  };
};

const others: Readonly<Record<string, (numbers: Readonly<Record<string, number>>) => PositionScheme>> = {
  "three-bands": threeBands,
  lampe,
};

describe("golden matrices", () => {
  it.each(vectors.matrices)("$kind $parameters", ({ kind, parameters, rows }) => {
    const numbers = parameters as unknown as Readonly<Record<string, number>>;
    const { cap, ...own } = numbers;
    // Sinks are as far as the last token of their window.
    if (cap !== undefined) expect(cap).toBe(own["window"]! - 1);
    const scheme = others[kind]?.(numbers) ?? ({ kind, ...own } as unknown as PositionScheme);
    expect(relativePositions(positionMapping(scheme), rows.length)).toEqual(rows);
  });
});

describe("every scheme", () => {
  it("gives each pair what the method's definition gives", () => {
    fc.assert(
      fc.property(anyScheme, fc.integer({ min: 1, max: 60 }), ({ scheme, definition }, tokens) => {
        const rows = relativePositions(positionMapping(scheme), tokens);
        rows.forEach((row, i) =>
          row.forEach((rel, j) => {
            const expected = definition(i - j, i, j);
            if (expected === undefined) expect(rel).toBeNull();
            else expect(rel).toBeCloseTo(expected, 9);
          }),
        );
      }),
    );
  });

  it("covers each pair that is attended by one band, and each query has a key", () => {
    fc.assert(
      fc.property(anyScheme, fc.nat({ max: 60 }), ({ scheme, definition }, i) => {
        const { bands } = positionMapping(scheme);
        const counts = Array.from({ length: i + 3 }, (_, j) => bands.filter((band) => covers(band, i, j)).length);
        expect(counts).toEqual(counts.map((_, j) => Number(j <= i && definition(i - j, i, j) !== undefined)));
        expect(Math.max(...counts)).toBe(1);
      }),
    );
  });

  it("keeps the distances of its window, whatever the query", () => {
    fc.assert(
      fc.property(anyScheme, fc.nat({ max: 60 }), ({ scheme, definition }, i) => {
        const { window } = positionMapping(scheme);
        for (let j = i; j >= 0 && i - j < window; j--) expect(definition(i - j, i, j)).toBe(i - j);
      }),
    );
  });

  it("has the capacity that is found by trying every input", () => {
    fc.assert(
      fc.property(anyScheme, fc.integer({ min: 1, max: 40 }), ({ scheme, definition }, trainedContext) => {
        const mapping = positionMapping(scheme);
        fc.pre(mapping.window <= trainedContext);
        const most = 120;
        const longest = capacity(mapping, trainedContext);
        expect(longest > most ? Infinity : longest).toBe(longestByTrying(definition, trainedContext, most + 1));
      }),
    );
  });
});

describe("string", () => {
  const { capacity: capacityOf, remedy, bands } = positionMapping({ kind: "string", shiftFrom: 21, window: 8 });

  it("has one rotated key for both bands", () => {
    expect(bands[1]!.key).toBe(bands[0]!.key);
  });

  it("says what would fit, and it does", () => {
    expect(capacityOf(64)).toBe(77);
    expect(remedy(64, 100)).toBe("shiftFrom 44 with window 8 would fit");
    expect(positionMapping({ kind: "string", shiftFrom: 44, window: 8 }).capacity(64)).toBe(100);
    expect(remedy(64, 80)).toBe("shiftFrom 24 with window 8 or shiftFrom 21 with window 5 would fit");
    expect(positionMapping({ kind: "string", shiftFrom: 21, window: 5 }).capacity(64)).toBe(80);
    expect(remedy(64, 200)).toBe("nothing would fit");
  });
});

describe("dual chunk", () => {
  const { capacity: capacityOf, remedy, bands } = positionMapping({ kind: "dual-chunk", chunkSize: 40, localSize: 10 });

  it("has one rotated key for all bands", () => {
    expect(new Set(bands.map(({ key }) => key)).size).toBe(1);
  });

  it("has no limit below the trained context, that context otherwise, and says so", () => {
    expect([41, 40].map(capacityOf)).toEqual([Infinity, 40]);
    expect(remedy(40, 100)).toBe("chunkSize 39 or less with a smaller localSize would fit");
    expect(positionMapping({ kind: "dual-chunk", chunkSize: 39, localSize: 10 }).capacity(40)).toBe(Infinity);
  });
});

describe("sinks", () => {
  it("are at one distance beyond the window, for a model of that window", () => {
    const { capacity: capacityOf, remedy } = positionMapping({ kind: "sinks", sinks: 3, window: 25 });
    expect(capacityOf(25)).toBe(Infinity);
    expect(remedy(20, 100)).toBe("window 20 or less would fit");
  });
});

describe("what is refused", () => {
  const custom = (...bands: readonly Band[]) =>
    positionMapping({ kind: "custom", name: "mine", window: 4, ...nothing, bands });
  const own = (token: number): number => token;
  const positions = { query: own, key: own };

  it("an unknown kind, no kind, and a key that the kind does not have", () => {
    const wrong = (scheme: unknown) => () => positionMapping(scheme as PositionScheme);
    expect(wrong({ kind: "selfextend", groupSize: 2, window: 8 })).toThrow(
      /^positionMapping: scheme\.kind must be one of self-extend, .* \(self-extend is meant\?\), got "selfextend"$/,
    );
    expect(wrong({ kind: "toString" })).toThrow(RangeError);
    expect(wrong({ groupSize: 2 })).toThrow(/^positionMapping: scheme\.kind must be one of .*, got nothing$/);
    expect(wrong("self-extend")).toThrow(
      TypeError('positionMapping: scheme must be an object with a kind, got "self-extend"'),
    );
    expect(wrong({ kind: "re-rope", window: 8, groupSize: 2 })).toThrow(
      TypeError('reRope: config must have no keys but window, got "groupSize"'),
    );
  });

  it("a shift from below the window that it goes on at", () => {
    expect(() => positionMapping({ kind: "string", shiftFrom: 7, window: 8 })).toThrow(
      RangeError("string: shiftFrom must be >= window 8, got 7"),
    );
    expect(positionMapping({ kind: "string", shiftFrom: 8, window: 8 }).capacity(64)).toBe(64);
  });

  it("a local size that is not below the chunk size", () => {
    for (const localSize of [40, 41])
      expect(() => positionMapping({ kind: "dual-chunk", chunkSize: 40, localSize })).toThrow(
        RangeError(`dualChunk: localSize must be < chunkSize 40, got ${localSize}`),
      );
  });

  it("bands that overlap, by distance and by another rule", () => {
    expect(() => custom(nearBand(12), { from: 10, to: Infinity, ...positions })).toThrow(
      RangeError("custom: bands of mine must not overlap, got the distances [0, 12) and [10, Infinity)"),
    );
    expect(() => custom({ from: 10, to: 20, ...positions }, nearBand(12))).toThrow(
      RangeError("custom: bands of mine must not overlap, got the distances [0, 12) and [10, 20)"),
    );
    expect(() => custom(nearBand(12), { covers: (_, j) => j < 2, ...positions })).toThrow(
      RangeError("custom: bands of mine must not overlap, got bands[0] and bands[1] for query 0 and key 0"),
    );
    // Far behind those that are looked at one by one.
    expect(() => custom(nearBand(12), { covers: (i, j) => i === 4096 && j === i - 3, ...positions })).toThrow(
      /got bands\[0\] and bands\[1\] for query 4096 and key 4093$/,
    );
  });

  it("bands by chunks that overlap, with their like and with others", () => {
    const chunks = (chunkLen: number, from: number, to: number): Band => ({ chunkLen, from, to, ...positions });
    expect(() => custom(chunks(8, 0, 2), chunks(8, 1, Infinity))).toThrow(
      RangeError("custom: bands of mine must not overlap, got the distances [0, 2) and [1, Infinity) in chunks of 8"),
    );
    expect(() => custom(chunks(8, 0, 1), chunks(9, 1, Infinity))).toThrow(
      RangeError("custom: bands of mine must not overlap, got bands[0] and bands[1] for query 9 and key 8"),
    );
    expect(() => custom(nearBand(4), chunks(8, 1, Infinity))).toThrow(
      /bands\[0\] and bands\[1\] for query 8 and key 5$/,
    );
    expect(() => custom(chunks(8, 1, Infinity))).toThrow(/must leave every query a key, got none of 1 for query 0$/);
    expect(() => custom(chunks(0, 0, Infinity))).toThrow(
      RangeError("custom: bands[0].chunkLen of mine must be an integer >= 1, got 0"),
    );
    const rel = relativePositions(custom(chunks(8, 0, 1), chunks(8, 1, Infinity)), 20);
    expect(rel).toEqual(
      relativePositions(
        positionMapping({ kind: "custom", name: "mine", window: 4, ...nothing, bands: [nearBand(Infinity)] }),
        20,
      ),
    );
  });

  it("bands that leave a query without a key", () => {
    expect(() => custom({ from: 1, to: Infinity, ...positions })).toThrow(
      RangeError("custom: bands of mine must leave every query a key, got none of 1 for query 0"),
    );
    expect(() => custom({ covers: (i, j) => i < 30 || j < i - 40, ...positions })).toThrow(
      RangeError("custom: bands of mine must leave every query a key, got none of 31 for query 30"),
    );
  });

  it.each([
    [{ ...positions, query: (i: number) => 1 / (i - 7) }, "bands[1].query(7) must be finite, got Infinity"],
    [{ ...positions, key: (j: number) => Math.sqrt(200 - j) }, "bands[1].key(201) must be finite, got NaN"],
  ])("positions that are not finite: case %#", (wrong, message) => {
    expect(() => custom(nearBand(4), { from: 4, to: Infinity, ...wrong })).toThrow(RangeError(`custom: ${message}`));
  });

  it("a key that is said not to be seen", () => {
    const far: Band = { covers: (i, j) => i - j >= 4 && j < 3, ...positions };
    const mine = (seen: unknown) => () =>
      positionMapping({
        kind: "custom",
        name: "mine",
        window: 4,
        ...nothing,
        bands: [nearBand(4), far],
        seen,
      } as never);
    expect(mine({ first: 3, last: 4 })).not.toThrow();
    expect(mine({ first: 2, last: 4 })).toThrow(
      RangeError("custom: bands of mine must cover no key but the first 2 and the last 4, got query 6 and key 2"),
    );
    expect(mine({ first: 3, last: 3 })).toThrow(/the first 3 and the last 3, got query 6 and key 3$/);
    expect(mine({ first: 3, last: 0 })).toThrow(RangeError("custom: last must be an integer >= 1, got 0"));
    expect(mine({ first: 3, most: 9 })).toThrow(/must have no keys but first, last, got "most"$/);
  });

  it.each<[unknown, string]>([
    [{ from: 4, to: 4, ...positions }, "bands[1] of mine must have from < to, got 4 and 4"],
    [{ from: 4.5, to: 8, ...positions }, "bands[1].from of mine must be an integer >= 0, got 4.5"],
    [{ from: 4, to: NaN, ...positions }, "bands[1].to of mine must be an integer >= 0, got NaN"],
  ])("a band whose numbers are not valid: case %#", (band, message) => {
    expect(() => custom(nearBand(4), band as Band)).toThrow(RangeError(`custom: ${message}`));
  });

  it.each<[unknown, string]>([
    [{ from: 4, to: 8, query: own }, "bands[1].key of mine must be a function, got nothing"],
    [
      { from: 4, to: 8, ...positions, until: 3 },
      'bands[1] must have no keys but query, key, from, to, covers, chunkLen, got "until"',
    ],
    [{ covers: 3, ...positions }, "bands[1].covers of mine must be a function, got 3"],
    [{ from: 4, to: 9, ...positions, query: 1 }, "bands[1].query of mine must be a function, got 1"],
    [{ covers: () => false, from: 4, ...positions }, "bands[1].from of mine must be left out beside covers, got 4"],
    [
      { covers: () => false, chunkLen: 4, ...positions },
      "bands[1].chunkLen of mine must be left out beside covers, got 4",
    ],
    [undefined, "bands[1] must be an object, got nothing"],
  ])("a value that is not a band: case %#", (band, message) => {
    expect(() => custom(nearBand(4), band as Band)).toThrow(TypeError(`custom: ${message}`));
  });

  it("a name that would move a cursor", () => {
    const whole = { kind: "custom", window: 4, ...nothing, bands: [nearBand(Infinity)] } as const;
    expect(() => positionMapping({ ...whole, name: "my\u001b[2J" })).toThrow(
      RangeError('custom: name must be a text without control characters, got "my\\u001b[2J"'),
    );
  });

  it.each<[Partial<Record<keyof PositionMapping, unknown>>, string]>([
    [{ name: "" }, 'name must be a text, got ""'],
    [{ bands: undefined }, "bands of mine must be an array, got nothing"],
    [{ capacity: 3 }, "capacity must be a function, got 3"],
    [{ window: "4" }, 'window must be a number, got "4"'],
  ])("a mapping without a part: case %#", (part, message) => {
    const whole = { kind: "custom", name: "mine", window: 4, ...nothing, bands: [nearBand(Infinity)] };
    expect(() => positionMapping({ ...whole, ...part } as never)).toThrow(TypeError(`custom: ${message}`));
  });
});
