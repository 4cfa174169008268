import {
  byKind,
  check,
  checkFunction,
  checkInteger,
  checkKeys,
  checkNumber,
  checkOneOf,
  show,
  showName,
} from "@ropewalk/check";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("show", () => {
  it("is one line without control characters, whatever it is given", () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withSet: true }), (value) => {
        const shown = show(value);
        // oxlint-disable-next-line no-control-regex
        expect(shown).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u2028\u2029]/);
        expect(shown.length).toBeLessThan(5_000);
      }),
    );
  });

  it("says what a value is", () => {
    expect(show(undefined)).toBe("nothing");
    expect(show("8")).toBe('"8"');
    expect(show('a"b\\c')).toBe('"a\\"b\\\\c"');
    expect(show("a\u001B[2J\n")).toBe('"a\\u001b[2J\\u000a"');
    expect(show([1, "a", {}, []])).toBe('[1, "a", an object, an array]');
    expect(show(Math.max)).toBe("the function max");
    expect(show(NaN)).toBe("NaN");
    expect(showName("weight\n")).toBe("weight\\u000a");
  });
});

describe("check", () => {
  it("tells a wrong type from a wrong value", () => {
    expect(() => checkInteger("f", "groupSize", "8", 1)).toThrow(TypeError('f: groupSize must be a number, got "8"'));
    expect(() => checkInteger("f", "groupSize", 0, 1)).toThrow(
      RangeError("f: groupSize must be an integer >= 1, got 0"),
    );
    expect(() => checkInteger("f", "layer", 9, 0, 8)).toThrow(
      RangeError("f: layer must be an integer from 0 to 8, got 9"),
    );
    expect(() => checkNumber("f", "theta", NaN, false, "finite")).toThrow(
      RangeError("f: theta must be finite, got NaN"),
    );
    expect(() => checkFunction("f", "visit", 3)).toThrow(TypeError("f: visit must be a function, got 3"));
    expect(() => check(false, "f: name must be text", 3, "string")).toThrow(TypeError("f: name must be text, got 3"));
    expect(() => check(true, "f: never", 3)).not.toThrow();
    expect(() => check(false, "f: a\u001B[2J must be here", 3)).toThrow(
      RangeError("f: a\\u001b[2J must be here, got 3"),
    );
  });
});

type Options = { readonly maxNewTokens?: number; readonly signal?: AbortSignal };
const keys = { maxNewTokens: true, signal: true } as const;

describe("checkKeys", () => {
  const unknown = (value: object): string => {
    try {
      checkKeys<Options>("generate", "options", value, keys, { temperature: "sampling.temperature" });
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      return (error as Error).message;
    }
    return "";
  };

  it("lets known keys pass", () => expect(unknown({ maxNewTokens: undefined })).toBe(""));

  it("names the key, what is known, and what was meant", () => {
    expect(unknown({ max_new_tokens: 2 })).toBe(
      'generate: options must have no keys but maxNewTokens, signal, got "max_new_tokens"; maxNewTokens is meant?',
    );
    expect(unknown({ singal: 2 })).toMatch(/signal is meant\?$/);
    expect(unknown({ temperature: 0.8 })).toMatch(/sampling\.temperature is meant\?$/);
    expect(unknown({ backend: 1 })).toMatch(/got "backend"$/);
    expect(unknown({ constructor: 1 })).toMatch(/got "constructor"$/);
  });

  it("refuses what is no object", () => {
    for (const value of [null, [], "self-extend", 3, undefined])
      expect(unknown(value as unknown as object)).toMatch(/^generate: options must be an object, got /);
  });
});

describe("byKind and checkOneOf", () => {
  type Shape =
    | { readonly kind: "circle"; readonly radius: number }
    | { readonly kind: "square"; readonly side: number };
  const area = (shape: Shape): number =>
    byKind("area", "shape", shape, {
      circle: ({ radius }) => Math.PI * radius ** 2,
      square: ({ side }) => side ** 2,
    });

  it("takes the kind's row", () => expect(area({ kind: "square", side: 3 })).toBe(9));

  it("lists the known kinds", () => {
    expect(() => area({ kind: "sqare" } as never)).toThrow(
      RangeError('area: shape.kind must be one of circle, square (square is meant?), got "sqare"'),
    );
    expect(() => area({ kind: "toString" } as never)).toThrow(RangeError);
    expect(() => area({} as never)).toThrow(TypeError("area: shape.kind must be one of circle, square, got nothing"));
    expect(() => area(undefined as never)).toThrow(TypeError("area: shape must be an object with a kind, got nothing"));
    expect(() => checkOneOf("f", "cache", "fp8", ["float32", "q8"])).toThrow(
      RangeError('f: cache must be one of float32, q8, got "fp8"'),
    );
  });
});
