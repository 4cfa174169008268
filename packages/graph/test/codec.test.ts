import { readFileSync, readdirSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelProto } from "@ropewalk/graph";
import { checkModel, decode, encode, ndArray, tape } from "@ropewalk/graph";

/** ONNX Runtime's domain, as a text: whether there is an operator of a name, and what it takes, is not looked at. */
const microsoft: string = "com.microsoft";

const vectors = new URL("vectors/", import.meta.url);
const read = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, vectors)));
const exports = readdirSync(new URL("exports", vectors)).map((name) => `exports/${name}`);
const expanded = readdirSync(new URL("onnx", vectors))
  .filter((name) => name.startsWith("test_"))
  .map((name) => `onnx/${name}/model.onnx`);

const recorded = (): ModelProto => {
  const t = tape("main");
  const x = t.input("x", "float32", ["n", undefined, 4]);
  const w = t.external("w", "bfloat16", [4, 2], { location: "weights", offset: 3, length: 16 });
  const product = t.scope("a").op("MatMul", [x, t.op("Cast", [w], { to: 1 })]);
  const scaled = t.op("Mul", [product, t.constant("float32", [], [0.1])]);
  t.output(
    "y",
    t.op(
      "Custom",
      [scaled, undefined, x],
      {
        a: 0,
        b: { float: 0.1 },
        c: "text",
        d: [0, 1],
        e: { strings: [""] },
        f: { tensor: ndArray("int8", [1], [-1]) },
      },
      { domain: microsoft },
    ),
  );
  return t.model();
};

describe("decode(encode(model))", () => {
  it("is the model", () => {
    const model = recorded();
    expect(decode(encode(model))).toEqual(model);
    checkModel(decode(encode(model)));
  });

  it.each([...exports, ...expanded])("is the model for %s", (path) => {
    const model = decode(read(path));
    checkModel(model);
    expect(model.graph?.node.length).toBeGreaterThan(10);
    expect(decode(encode(model))).toEqual(model);
  });

  it.each(exports)("keeps the bytes of %s", (path) => {
    expect(Buffer.compare(encode(decode(read(path))), read(path))).toBe(0);
  });

  it("keeps fields that it does not know", () => {
    // Field 200 of the model, and field 201 of a graph without anything else: 3 bytes of data each.
    const bytes = Uint8Array.of(0x08, 10, 0x3a, 6, 0xca, 0x0c, 3, 7, 8, 9, 0xc2, 0x0c, 3, 1, 2, 3);
    expect([...encode(decode(bytes))]).toEqual([...bytes]);
    expect([...encode(decode(encode(decode(bytes))))]).toEqual([...bytes]);
  });
});

describe("decode refuses", () => {
  it("no bytes, and bytes without a graph", () => {
    expect(() => decode(new Uint8Array())).toThrow(
      new RangeError("decode: a model must have a graph, got 0 bytes without one"),
    );
    expect(() => decode(Uint8Array.of(0x08, 10))).toThrow("decode: a model must have a graph, got 2 bytes without one");
  });

  it("bytes that are not protobuf", () => {
    const text = new TextEncoder().encode("<!doctype html><title>Not Found</title>");
    expect(() => decode(text)).toThrow(/^decode: bytes (are not|end inside).*, got 39 bytes$/);
    expect(() => decode(Uint8Array.of(0x07))).toThrow(
      new RangeError("decode: bytes are not a protobuf message of the ONNX format, got 1 bytes"),
    );
  });

  it("what is not bytes", () => {
    expect(() => decode("model.onnx" as unknown as Uint8Array)).toThrow(
      new TypeError('decode: bytes must be a Uint8Array, got "model.onnx"'),
    );
  });

  it("a file cut anywhere inside its graph", () => {
    const bytes = encode(recorded());
    const truncated = bytes.subarray(0, bytes.length - 60);
    expect(() => decode(truncated)).toThrow(
      new RangeError(`decode: bytes end inside a field (truncated?), got ${truncated.length} bytes`),
    );
  });
});

const decodesOrSaysWhy = (bytes: Uint8Array): void => {
  try {
    expect(decode(bytes).graph).toBeDefined();
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(/^decode: .*got \d+ bytes/);
  }
};

describe("decode of damaged bytes gives a model or an error of its own", () => {
  it("random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), decodesOrSaysWhy), { numRuns: 5000 });
  });

  it("a real file with bytes changed", () => {
    const bytes = encode(recorded());
    const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const damaged = bytes.slice();
        for (const { at, byte } of changes) damaged[at] = byte;
        decodesOrSaysWhy(damaged);
      }),
      { numRuns: 5000 },
    );
  });

  it("a real file cut at every length", () => {
    const bytes = encode(recorded());
    for (let length = 0; length < bytes.length; length++) decodesOrSaysWhy(bytes.subarray(0, length));
  });
});
