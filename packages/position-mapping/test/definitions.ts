/** The methods written out again, pair by pair, without bands: what the mappings are compared with. */
import {
  leakyReRope,
  plain,
  reRope,
  selfExtend,
  slidingWindow,
  type PositionMapping,
} from "@ropewalk/position-mapping";
import type { PositionScheme } from "@ropewalk/position-mapping/scheme";
import fc from "fast-check";

export type Definition = (distance: number, i: number, j: number) => number | undefined;
export type Case = { readonly mapping: PositionMapping; readonly definition: Definition };

export const plainCase = (): Case => ({ mapping: plain(), definition: (distance) => distance });

export const selfExtendCase = (G: number, W: number): Case => ({
  mapping: selfExtend({ groupSize: G, window: W }),
  definition: (distance, i, j) =>
    distance < W ? distance : (i - (i % G)) / G - (j - (j % G)) / G + W - (W - (W % G)) / G,
});

export const reRopeCase = (W: number): Case => ({
  mapping: reRope({ window: W }),
  definition: (distance) => Math.min(distance, W),
});

export const leakyCase = (s: number, W: number): Case => ({
  mapping: leakyReRope({ factor: s, window: W }),
  definition: (distance) => (distance < W ? distance : W + (distance - W) / s),
});

export const slidingCase = (W: number): Case => ({
  mapping: slidingWindow({ window: W }),
  definition: (distance) => (distance < W ? distance : undefined),
});

const size = fc.integer({ min: 1, max: 24 });
const factor = fc.oneof(fc.constantFrom(1, 1.25, 1.5, 2, 3, 4.75), fc.double({ min: 1, max: 9, noNaN: true }));

/** Any mapping with small parameters. */
export const anyCase: fc.Arbitrary<Case> = fc.oneof(
  fc.constant(plainCase()),
  fc.tuple(size, size).map(([G, W]) => selfExtendCase(G, W)),
  size.map(reRopeCase),
  fc.tuple(factor, size).map(([s, W]) => leakyCase(s, W)),
  size.map(slidingCase),
);

const stringDefinition =
  (shiftFrom: number, window: number): Definition =>
  (distance) => {
    // One after another: the position begins again where it is shifted.
    let rel = 0;
    for (let d = 1; d <= distance; d++) rel = d === shiftFrom ? window : rel + 1;
    return rel;
  };

const dualChunkDefinition =
  (chunkSize: number, localSize: number): Definition =>
  (_, i, j) => {
    const chunk = chunkSize - localSize;
    // Every chunk counts its own keys from 0.
    let [start, chunksAhead] = [0, 0];
    while (start + chunk <= j) start += chunk;
    while (start + (chunksAhead + 1) * chunk <= i) chunksAhead++;
    const inOwn = i - start - chunksAhead * chunk;
    const query = [inOwn, Math.min(inOwn + chunk, chunkSize)][chunksAhead] ?? Math.min(2 * chunk - 1, chunkSize);
    return query - (j - start);
  };

const sinksDefinition =
  (sinks: number, window: number): Definition =>
  (distance, _, j) => {
    if (j >= sinks && distance >= window) return undefined;
    return Math.min(distance, window - 1);
  };

export type SchemeCase = { readonly scheme: PositionScheme; readonly definition: Definition };

/** Any mapping that is data, with small parameters. */
export const anyScheme: fc.Arbitrary<SchemeCase> = fc.oneof(
  fc.tuple(size, size).map(([groupSize, window]): SchemeCase => ({
    scheme: { kind: "self-extend", groupSize, window },
    definition: selfExtendCase(groupSize, window).definition,
  })),
  size.map((window): SchemeCase => ({
    scheme: { kind: "re-rope", window },
    definition: reRopeCase(window).definition,
  })),
  // Exact in float64, so that capacities are.
  fc.tuple(fc.constantFrom(1, 1.25, 1.5, 2, 3, 4.75), size).map(([s, window]): SchemeCase => ({
    scheme: { kind: "leaky-re-rope", factor: s, window },
    definition: leakyCase(s, window).definition,
  })),
  size.map((window): SchemeCase => ({
    scheme: { kind: "sliding-window", window },
    definition: slidingCase(window).definition,
  })),
  fc.tuple(size, fc.nat({ max: 24 })).map(([window, more]): SchemeCase => ({
    scheme: { kind: "string", shiftFrom: window + more, window },
    definition: stringDefinition(window + more, window),
  })),
  fc.tuple(size, size).map(([chunk, localSize]): SchemeCase => ({
    scheme: { kind: "dual-chunk", chunkSize: chunk + localSize, localSize },
    definition: dualChunkDefinition(chunk + localSize, localSize),
  })),
  fc.tuple(size, size).map(([sinks, window]): SchemeCase => ({
    scheme: { kind: "sinks", sinks, window },
    definition: sinksDefinition(sinks, window),
  })),
);

/**
 * The longest input whose attended pairs all have rel <= L - 1, by trying; Infinity when `limit` tokens fit. A row that
 * fails ends the search, since a longer input has all rows of a shorter one.
 */
export const longestByTrying = (definition: Definition, L: number, limit: number): number => {
  for (let i = 0; i < limit; i++) {
    for (let j = 0; j <= i; j++) {
      const rel = definition(i - j, i, j);
      if (rel !== undefined && rel > L - 1 + 1e-9) return i;
    }
  }
  return Infinity;
};
