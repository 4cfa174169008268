import type { EntropyScaling } from "@ropewalk/entropy-scaling";
import { describe, expect, it } from "vitest";
import {
  checkExtension,
  compose,
  entropyAbf,
  extensionOf,
  logN,
  reRope,
  recordOf,
  selfExtend,
  withPositions,
  yarn,
  type ContextExtension,
} from "../src/index.ts";

describe("compose", () => {
  it("joins extensions that claim different fields", () => {
    const joined = compose(
      selfExtend({ groupSize: 4, window: 16 }),
      logN({ trainedContext: 64 }),
      yarn({ factor: 2, originalContext: 64 }),
    );
    expect(joined.positions?.window).toBe(16);
    expect(joined.rope).toEqual({ kind: "yarn", factor: 2, originalContext: 64 });
    expect(joined.entropy).toEqual({ kind: "log-n", trainedContext: 64 });
    expect(compose()).toEqual({});
  });

  it("refuses two that claim the same, naming both", () => {
    expect(() => compose(selfExtend({ groupSize: 4, window: 16 }), reRope({ window: 8 }))).toThrow(
      /compose: only one extension may set positions, got SelfExtend\(groupSize 4, window 16\) and ReRoPE\(window 8\)/,
    );
    expect(() => compose(entropyAbf({ trainedContext: 64 }), yarn({ factor: 2, originalContext: 64 }))).toThrow(
      "only one extension may set rope, got abf and yarn",
    );
    expect(() => compose(entropyAbf({ trainedContext: 64 }), logN({ trainedContext: 64 }))).toThrow(
      "entropy-abf and log-n",
    );
  });
});

describe("what is no extension", () => {
  const named = (name: string): ContextExtension => ({ positions: { ...reRope({ window: 8 }).positions!, name } });

  it.each<readonly [string, unknown, string]>([
    ["a promise", Promise.resolve(reRope({ window: 8 })), "got a Promise; await is meant?"],
    ["a map", new Map([["rope", yarn({ factor: 2, originalContext: 64 }).rope]]), "got a Map"],
    ["an array", [reRope({ window: 8 })], "got [an object]; compose(…) is meant?"],
    ["a mapping", reRope({ window: 8 }).positions, "got an object; { positions: … } is meant?"],
    ["a scheme", { kind: "string", shiftFrom: 8, window: 4 }, "got an object; withPositions({ kind: … }) is meant?"],
    [
      "a custom scheme",
      { kind: "custom", ...reRope({ window: 8 }).positions! },
      "got an object; withPositions({ kind: … }) is meant?",
    ],
    ["a custom scaling", { kind: "custom", scale: () => 1 }, "got an object; { entropy: … } is meant?"],
    ["frequencies", { kind: "custom", frequencies: () => [] }, "got an object; { rope: … } is meant?"],
    ["a scaling", { kind: "linear", factor: 2 }, "got an object; { rope: … } is meant?"],
  ])("%s, which would be read as one that sets nothing", (_, value, got) => {
    expect(() => checkExtension("loadModel", value as ContextExtension)).toThrow(
      TypeError(`loadModel: extension must be an object with positions, rope or entropy, ${got}`),
    );
  });

  it("has a scheme in the place of its mapping", () => {
    for (const positions of [
      { kind: "sinks", sinks: 2, window: 8 },
      { kind: "custom", ...reRope({ window: 8 }).positions! },
    ])
      expect(() => checkExtension("loadModel", { positions } as never)).toThrow(
        TypeError(
          "loadModel: positions must be a position mapping, got a scheme; withPositions({ kind: … }) is meant?",
        ),
      );
  });

  it("has a mapping whose name would move a cursor", () => {
    expect(() => checkExtension("loadModel", named("re\u001b[31m\nrope"))).toThrow(
      RangeError('loadModel: name must be text without control characters, got "re\\u001b[31m\\u000arope"'),
    );
    expect(() => checkExtension("loadModel", named("ReRoPE, größer"))).not.toThrow();
  });

  it("but an instance of a class that has the fields is one", () => {
    class Mine {
      readonly rope = { kind: "linear", factor: 2 } as const;
    }
    expect(() => checkExtension("loadModel", new Mine())).not.toThrow();
    expect(() => checkExtension("loadModel", Object.create(null))).not.toThrow();
  });
});

describe("a record", () => {
  it("is what the extension is made of again, as JSON keeps it", () => {
    const extension = compose(
      selfExtend({ groupSize: 4, window: 16 }),
      logN({ trainedContext: 64 }),
      yarn({ factor: 2, originalContext: 64 }),
    );
    const record = recordOf(extension);
    expect(record).toEqual({
      positions: { kind: "self-extend", groupSize: 4, window: 16 },
      rope: { kind: "yarn", factor: 2, originalContext: 64 },
      entropy: { kind: "log-n", trainedContext: 64 },
    });
    const again = extensionOf(JSON.parse(JSON.stringify(record)));
    expect(recordOf(again)).toEqual(record);
    expect(again.positions?.name).toBe(extension.positions?.name);
    expect(recordOf(extensionOf({}))).toEqual({});
  });

  it("keeps positions that are given by their scheme", () => {
    const scheme = { kind: "self-extend", groupSize: 2, window: 8 } as const;
    expect(recordOf(withPositions(scheme))).toEqual(recordOf(selfExtend({ groupSize: 2, window: 8 })));
    expect(extensionOf({ positions: scheme }).positions?.name).toBe(withPositions(scheme).positions?.name);
  });

  it("is refused for custom functions", () => {
    const { config: _, ...positions } = selfExtend({ groupSize: 2, window: 8 }).positions!;
    expect(() => recordOf(withPositions({ kind: "custom", ...positions }))).toThrow(
      /^recordOf: positions must be a mapping with a config, got SelfExtend/,
    );
    const rope = {
      kind: "custom",
      frequencies: () => ({ inverseFrequencies: [1, 0.5], attentionScale: 1.5 }),
      factor: 4,
    } as const;
    expect(() => recordOf({ rope })).toThrow(
      RangeError(
        "recordOf: rope must be numbers alone, which a file can hold, got one of kind custom, whose functions the module that made it has",
      ),
    );
    const entropy = { kind: "custom", scale: () => 1 } as const satisfies EntropyScaling;
    expect(() => recordOf({ entropy })).toThrow(
      RangeError(
        "recordOf: entropy must be numbers alone, which a file can hold, got one of kind custom, whose functions the module that made it has",
      ),
    );
  });
});
