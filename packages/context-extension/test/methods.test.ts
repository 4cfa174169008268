/** Methods by name: what is wrong is refused where it is written, not when a model is loaded. */
import { ropeKinds, type RopeScaling } from "@ropewalk/rope";
import { thrownBy } from "@ropewalk/testing/thrown";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkExtension, compose, yarn, mrRope, type ContextExtension } from "../src/index.ts";
import { entropyMethods, makeExtension, positionMethods, ropeMethods } from "../src/methods.ts";

const anyOf = (value: unknown): never => value as never;

describe("a rope scaling that is none", () => {
  const kinds = ropeKinds.join(", ");
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ kind: "yarnn" }, `RangeError: compose: rope.kind must be one of ${kinds} (yarn is meant?), got "yarnn"`],
    [{}, `TypeError: compose: rope.kind must be one of ${kinds}, got nothing`],
    ["yarn", 'TypeError: compose: rope must be an object with a kind, got "yarn"'],
    [[], "TypeError: compose: rope must be an object with a kind, got []"],
    [{ kind: "linear" }, "TypeError: compose: rope.factor must be a number, got nothing"],
    [{ kind: "linear", factor: 0.5 }, "RangeError: compose: rope.factor must be finite and >= 1, got 0.5"],
    [{ kind: "linear", scale: 2 }, 'TypeError: compose: rope must have no keys but kind, factor, got "scale"'],
    [{ kind: "custom", frequencies: 5 }, "TypeError: compose: rope.frequencies must be a function, got 5"],
  ];
  it.each(wrong)("is refused at once: %j", (rope, message) => {
    expect(thrownBy(() => makeExtension({ make: "compose", config: { rope } }))).toBe(message);
    expect(thrownBy(() => compose(anyOf({ rope })))).toBe(message);
    expect(thrownBy(() => checkExtension("loadModel", anyOf({ rope })))).toBe(message.replace("compose", "loadModel"));
  });

  it("is refused by its constructor, when its numbers contradict each other", () => {
    const trained = { factor: 2, originalContext: 64 };
    for (const make of [yarn, (numbers: typeof trained) => mrRope({ ...numbers, variant: "uniform" })])
      expect(thrownBy(() => make({ ...trained, ...{ betaFast: 1, betaSlow: 2 } }))).toMatch(
        /^RangeError: (yarn|mrRope): betaFast must be .*, got 1$/,
      );
    expect(thrownBy(() => yarn({ ...trained, truncate: anyOf("no") }))).toBe(
      'TypeError: yarn: truncate must be true or false, got "no"',
    );
  });

  it("leaves the caller's own frequencies to the model", () => {
    const frequencies = (): never => {
      throw new Error("called without a model");
    };
    const rope: RopeScaling = { kind: "custom", frequencies };
    expect(compose({ rope })).toEqual({ rope });
  });
});

describe("the call of a method", () => {
  const tables = { positionMethods, ropeMethods, entropyMethods };
  const rows = Object.entries(tables).flatMap(([table, methods]) =>
    Object.entries(methods).map(([name, method]) => [`${table}["${name}"].call`, method] as const),
  );
  it.each(rows)("%s names what is missing", (where, { call, needs = [] }) => {
    expect(thrownBy(() => call(anyOf(undefined)))).toContain(`TypeError: ${where}: run must be an object with`);
    expect(thrownBy(() => call(anyOf({})))).toBe(`TypeError: ${where}: trainedContext must be a number, got nothing`);
    expect(thrownBy(() => call(anyOf({ trainedContext: 64 })))).toBe(
      `TypeError: ${where}: length must be a number, got nothing`,
    );
    expect(thrownBy(() => call({ trainedContext: -1, length: 1 }))).toBe(
      `RangeError: ${where}: trainedContext must be an integer >= 1, got -1`,
    );
    for (const name of needs)
      expect(
        thrownBy(() =>
          call({
            trainedContext: 64,
            length: 1,
            ...Object.fromEntries(needs.map((need) => [need, 1])),
            [name]: undefined,
          }),
        ),
      ).toBe(`TypeError: ${where}: ${name} must be given, got nothing`);
  });

  it("makes an extension that is one, or says why not, for any numbers", () => {
    const numbers = fc.dictionary(
      fc.constantFrom(...new Set(rows.flatMap(([, { reads }]) => reads))),
      fc.oneof(fc.integer({ min: -2, max: 64 }), fc.double(), fc.constant("uniform"), fc.constant(null)),
    );
    const run = fc.record({
      trainedContext: fc.integer({ min: 1, max: 128 }),
      length: fc.integer({ min: 1, max: 512 }),
    });
    fc.assert(
      fc.property(fc.constantFrom(...rows), numbers, run, ([, { call }], given, asked) => {
        let made: ContextExtension;
        try {
          made = makeExtension(call({ ...(given as object), ...asked }));
        } catch (error) {
          expect(String(error)).toMatch(/^(Range|Type)Error: [\w[\]".-]+: [\w.[\]]+ .*, got /);
          return;
        }
        checkExtension("test", made);
      }),
      { numRuns: 500 },
    );
  });
});
