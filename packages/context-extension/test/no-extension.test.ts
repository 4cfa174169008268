/** What is no extension would run the plain model: it is refused wherever an extension is taken, and what was meant is said. */
import { plain, selfExtend as mapping, type PositionMapping } from "@ropewalk/position-mapping";
import { describe, expect, it } from "vitest";
import {
  abf,
  checkExtension,
  compose,
  dynamicNtk,
  entropyAbf,
  extendContext,
  extensionOf,
  leakyReRope,
  logN,
  ntkAware,
  positionInterpolation,
  recordOf,
  reRope,
  selfExtend,
  slidingWindow,
  yarn,
  yarnTemperature,
} from "../src/index.ts";

const config = { groupSize: 8, window: 64 };
const { positions } = selfExtend(config);

const none: readonly (readonly [string, unknown, RegExp])[] = [
  [
    "a name",
    "self-extend",
    /got "self-extend"; a constructor is meant, as in selfExtend\(\{ groupSize: 8, window: 64 \}\)\?$/,
  ],
  ["a constructor", selfExtend, /got the function selfExtend; it must be called, as in selfExtend\(\{ … \}\)$/],
  ["a list", [selfExtend(config)], /got \[an object\]; compose\(…\) is meant\?$/],
  ["a mapping", mapping(config), /got an object; \{ positions: … \} is meant\?$/],
  ["an entropy scaling", { kind: "log-n", trainedContext: 64 }, /\{ entropy: … \} is meant\?$/],
  ["a rope scaling", { kind: "linear", factor: 4 }, /\{ rope: … \} is meant\?$/],
  ["nothing", undefined, /got nothing$/],
  ["null", null, /got null$/],
  ["a number", 8, /got 8$/],
  [
    "a key nearly right",
    { position: positions },
    /no keys but positions, rope, entropy, got "position"; positions is meant\?$/,
  ],
  ["a mapping's numbers", config, /no keys but positions, rope, entropy, got "groupSize"$/],
  ["an extension as positions", { positions: selfExtend(config) }, /got an extension; compose\(…\) is meant\?$/],
  ["null positions", { positions: null }, /positions must be an object, got null$/],
  ["a mapping's name", { positions: "self-extend" }, /positions must be an object, got "self-extend"$/],
  ["a mapping with a typo", { positions: { ...positions, windows: 3 } }, /got "windows"; window is meant\?$/],
  [
    "a mapping without bands",
    { positions: { ...positions, bands: undefined } },
    /positions\.bands must be an array, got nothing$/,
  ],
  [
    "bands without a key",
    { positions: { ...positions, bands: [{ from: 0, to: 8, query: Math.abs }] } },
    /positions\.bands\[0\]\.key must be a function, got nothing$/,
  ],
  [
    "a band with a typo",
    { positions: { ...positions, bands: [{ ...plain().bands[0], froms: 0 }] } },
    /positions\.bands\[0\] must have no keys but from, to, chunkLen, query, key, got "froms"; from is meant\?$/,
  ],
  [
    "a capacity that is a number",
    { positions: { ...positions, capacity: 900 } },
    /capacity must be a function, got 900$/,
  ],
  [
    "an unknown entropy",
    { entropy: { kind: "mine" } },
    /scaling\.kind must be one of log-n, entropy-abf, yarn-temperature, custom, got "mine"$/,
  ],
  ["entropy as a function", { entropy: () => 1 }, /scaling must be an object with a kind, got the function entropy$/],
  ["an entropy's typo", { entropy: { kind: "log-n", trained_context: 64 } }, /trainedContext is meant\?$/],
  ["frequencies", { rope: new Float64Array(4) }, /(scaling|rope)\.kind must be one of|must be an object with a kind/],
  ["a list of scalings", { rope: [] }, /rope must be an object with a kind, got \[\]$/],
];

const model = {
  trainedContext: 64,
  rope: { theta: 10_000, rotaryDim: 4, layout: "halves", scaling: { kind: "default" } },
  slidingWindow: undefined,
} as const;

describe.each(none)("%s", (_, value, message) => {
  it("is no extension", () => {
    const put = () => extendContext(model, value as never);
    expect(put).toThrow(message);
    expect(put).toThrow(/^(extendContext|queryScale|ropeFrequencies): /);
  });
});

it("is refused by compose, by its place", () => {
  expect(() => compose(selfExtend(config), "log-n" as never)).toThrow(
    /^compose: extensions\[1\] must be an object with positions, rope or entropy, got "log-n"/,
  );
  expect(() => compose(reRope as never)).toThrow(/extensions\[0\].*must be called, as in reRope\(\{ … \}\)$/);
  expect(() => checkExtension("f", {})).not.toThrow();
  expect(() =>
    checkExtension("f", { rope: undefined, positions: undefined, entropy: undefined } as never),
  ).not.toThrow();
  expect(() => recordOf("self-extend" as never)).toThrow(/^recordOf: extension must be an object/);
  expect(() => extensionOf({ position: 3 } as never)).toThrow(/^extensionOf: record must have no keys but/);
  expect(() => extensionOf({ positions: { kind: "self_extend" } } as never)).toThrow(
    /^extensionOf: record\.positions\.kind must be one of self-extend, .* \(self-extend is meant\?\), got "self_extend"$/,
  );
});

const constructors: Readonly<Record<string, (config: never) => unknown>> = {
  selfExtend,
  reRope,
  leakyReRope,
  slidingWindow,
  positionInterpolation,
  ntkAware,
  dynamicNtk,
  yarn,
  abf,
  logN,
  yarnTemperature,
  entropyAbf,
};

describe.each(Object.entries(constructors))("%s", (name, make) => {
  it("refuses keys that it does not have, and what is no object", () => {
    const call = () => make({ mistaken: 1 } as never);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(
      new RegExp(
        `^${name}: config must have no keys but .*, got "mistaken"$|^${name}: config must have no keys but \\w+, got "mistaken"$`,
      ),
    );
    expect(() => make(undefined as never)).toThrow(TypeError(`${name}: config must be an object, got nothing`));
    expect(() => make("8" as never)).toThrow(TypeError(`${name}: config must be an object, got "8"`));
    expect(() => make({} as never)).toThrow(new RegExp(`^${name}: \\w+ must be a number, got nothing$`));
  });
});

describe("a custom mapping", () => {
  const broken = (query: (i: number) => number): PositionMapping => ({
    name: "broken",
    window: 32,
    bands: [
      { from: 0, to: 32, query: (i) => i, key: (j) => j },
      { from: 32, to: Infinity, query, key: (j) => j },
    ],
    capacity: () => 9999,
    remedy: () => "",
  });

  it("is refused where a position is no number, by band and token", () => {
    expect(() => extendContext(model, { positions: broken((i) => i / 0 - i / 0) })).toThrow(
      RangeError("extendContext: bands[1].query(0) of broken must be finite, got NaN"),
    );
    expect(() => extendContext(model, { positions: broken(() => "3" as never) })).toThrow(
      TypeError('extendContext: bands[1].query(0) of broken must be a number, got "3"'),
    );
    expect(() => extendContext(model, { positions: { ...broken((i) => i), capacity: () => NaN } })).toThrow(
      RangeError("capacity: mapping.capacity(64) must be >= 0, got NaN"),
    );
  });
});
