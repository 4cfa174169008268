import {
  above,
  aboveZero,
  atLeastOne,
  atLeastZero,
  byKind,
  byVariant,
  check,
  checkAllFinite,
  checkArray,
  checkConfig,
  checkFunction,
  checkInteger,
  checkKeys,
  checkList,
  checkNumber,
  checkOneOf,
  checkTensor,
  number,
  ofRank,
  oneOf,
  optional,
  positive,
  show,
  showName,
  type Rule,
  whole,
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
    expect(() => checkInteger("f", "groupSize", 8n, 1)).toThrow(TypeError("f: groupSize must be a number, got 8n"));
    expect(() => check(false, "f: bytes must be few", 8n, "bigint")).toThrow(RangeError("f: bytes must be few, got 8"));
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

describe("rules beside keys", () => {
  type Config = { readonly groupSize: number; readonly factor?: number; readonly layout?: string };
  const read = (config: object): Config =>
    checkConfig<Config>("f", config as Config, {
      groupSize: positive,
      factor: optional(atLeastOne),
      layout: optional(oneOf(["halves", "interleaved"])),
    });

  it("gives the configuration back", () => {
    const config = { groupSize: 1 };
    expect(read(config)).toBe(config);
    expect(read({ groupSize: 2, factor: undefined, layout: "halves" })).toBeTypeOf("object");
  });

  it.each<[object, Error]>([
    [{}, TypeError("f: groupSize must be a number, got nothing")],
    [{ groupSize: 0 }, RangeError("f: groupSize must be an integer >= 1, got 0")],
    [{ groupSize: 1, factor: 0.5 }, RangeError("f: factor must be finite and >= 1, got 0.5")],
    [{ groupSize: 1, layout: "half" }, RangeError('f: layout must be one of halves, interleaved, got "half"')],
    [{ groupSize: 0, size: 1 }, TypeError('f: config must have no keys but groupSize, factor, layout, got "size"')],
  ])("%o", (config, error) => expect(() => read(config)).toThrow(error));

  it.each<[Rule, unknown, Error]>([
    [above(3), 3, RangeError("f: x must be finite and > 3, got 3")],
    [aboveZero, NaN, RangeError("f: x must be finite and > 0, got NaN")],
    [atLeastZero, -1, RangeError("f: x must be >= 0, got -1")],
    [whole, 0.5, RangeError("f: x must be an integer >= 0, got 0.5")],
    [number("even", (value) => value % 2 === 0), 3, RangeError("f: x must be even, got 3")],
    [oneOf({ q4: 1, q8: 1 }), 4, TypeError("f: x must be one of q4, q8, got 4")],
    [checkAllFinite, [0, Infinity], RangeError("f: x[1] must be finite, got Infinity")],
    [checkAllFinite, 3, TypeError("f: x must be an array, got 3")],
    [checkList, [], RangeError("f: x must hold at least 1, got 0")],
    [checkList, new Set(), TypeError("f: x must be an array, got a Set")],
    [ofRank(2), { dims: [1] }, RangeError("f: x.dims.length must be 2, got 1")],
    [ofRank(2), undefined, TypeError("f: x.dims must be an array, got nothing")],
  ])("case %#", (rule, value, error) => expect(() => rule("f", "x", value)).toThrow(error));
});

describe("arrays and tensors", () => {
  it("are of a type and a length, wherever they come from", () => {
    const other = (values: Float64Array) => () => checkArray("f", "x", values, "Float32Array", 2);
    expect(other(new Float64Array(2))).toThrow(TypeError("f: x must be a Float32Array, got a Float64Array"));
    expect(() => checkArray("f", "x", new Float64Array(2), "Float32Array or Float64Array", 2)).not.toThrow();
    expect(() => checkArray("f", "x", [1], "Array", 2)).toThrow(RangeError("f: x.length must be 2, got 1"));
    const tensor = { dims: [1, 2], data: new Float32Array(2) };
    expect(() => checkTensor("f", "x", tensor, [1, 2])).not.toThrow();
    expect(() => checkTensor("f", "x", tensor, [2, 1])).toThrow(RangeError("f: x must be [2,1], got [1,2]"));
    expect(() => checkTensor("f", "x", { ...tensor, data: new Float32Array(3) }, [1, 2])).toThrow(
      RangeError("f: x of [1,2] must hold 2 elements, got 3"),
    );
    expect(() => checkTensor("f", "x", undefined as never, [1, 2])).toThrow(RangeError);
  });
});

describe("byVariant", () => {
  type Sampling = { readonly kind: "greedy" } | { readonly kind: "sample"; readonly temperature: number };
  const read = (sampling: object): number =>
    byVariant<Sampling, number, [scale: number]>(
      "f",
      "sampling",
      sampling as Sampling,
      {
        greedy: [{}, (_, scale) => scale],
        sample: [{ temperature: aboveZero }, ({ temperature }, scale) => temperature * scale],
      },
      2,
    );

  it("takes the kind's row, and refuses what it does not have", () => {
    expect(read({ kind: "sample", temperature: 3 })).toBe(6);
    expect(() => read({ kind: "sample", temprature: 3 })).toThrow(
      'f: sampling must have no keys but kind, temperature, got "temprature"; temperature is meant?',
    );
    expect(() => read({ kind: "greedy", temperature: 3 })).toThrow(/no keys but kind, got "temperature"$/);
    expect(() => read({ temperature: 3 })).toThrow("f: sampling.kind must be one of greedy, sample, got nothing");
    expect(() => read([])).toThrow(/^f: sampling\.kind must be one of/);
  });
});
