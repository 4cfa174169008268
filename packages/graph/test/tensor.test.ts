import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DataType, TensorProto } from "@ropewalk/graph";
import { decodeTensor, ndArray, tensorFromArray, tensorToArray, typeCode } from "@ropewalk/graph";

const tensor = (type: DataType, numElements: number, fields: Partial<TensorProto>): TensorProto => ({
  ...tensorFromArray(ndArray(type, [0], [])),
  name: "w",
  dims: [BigInt(numElements)],
  ...fields,
});

const numbers = (array: { readonly data: Float64Array }): readonly number[] => [...array.data];

describe("tensorToArray", () => {
  it.each<readonly [DataType, Partial<TensorProto>, readonly number[]]>([
    ["float32", { floatData: [0.5, -2] }, [0.5, -2]],
    ["float64", { doubleData: [0.1, -2] }, [0.1, -2]],
    ["int64", { int64Data: [1n, -(2n ** 53n)] }, [1, -(2 ** 53)]],
    ["uint64", { uint64Data: [1n, 2n ** 53n] }, [1, 2 ** 53]],
    ["uint32", { uint64Data: [1n, 2n ** 32n - 1n] }, [1, 2 ** 32 - 1]],
    ["int32", { int32Data: [1, -2] }, [1, -2]],
    ["int16", { int32Data: [1, -2] }, [1, -2]],
    ["uint8", { int32Data: [1, 255] }, [1, 255]],
    ["bool", { int32Data: [1, 0] }, [1, 0]],
    ["float16", { int32Data: [0x3c00, 0xc000] }, [1, -2]],
    ["bfloat16", { int32Data: [0x3f80, 0xc000] }, [1, -2]],
    ["float32", { rawData: Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 192) }, [1, -2]],
    ["int64", { rawData: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 254, 255, 255, 255, 255, 255, 255, 255) }, [1, -2]],
  ])("reads %s", (type, fields, expected) => {
    expect(tensorToArray(tensor(type, 2, fields))).toEqual({
      type,
      dims: [2],
      data: Float64Array.from(expected),
    });
  });

  it("reads bytes at any offset", () => {
    const bytes = Uint8Array.of(9, 0, 0, 128, 63);
    expect(numbers(tensorToArray(tensor("float32", 1, { rawData: bytes.subarray(1) })))).toEqual([1]);
  });

  it("refuses text, elements in a file, and wrong counts", () => {
    expect(() => tensorToArray(tensor("int8", 1, { dataType: 8 }))).toThrow(
      new RangeError('tensorToArray: tensor "w" must have numbers as elements, got ONNX data type 8'),
    );
    const external = { ...tensor("float32", 1, { dataLocation: 1 }) };
    external.externalData = [{ $typeName: "onnx.StringStringEntryProto", key: "location", value: "weights.bin" }];
    expect(() => tensorToArray(external)).toThrow(
      'tensor "w" must have its elements in the model, got elements in the file "weights.bin"',
    );
    expect(() => tensorToArray(tensor("float32", 2, { floatData: [1] }))).toThrow(
      "must have 2 elements for float32[2], got 1",
    );
    expect(() => tensorToArray(tensor("float32", 1, { rawData: new Uint8Array(5) }))).toThrow(
      "must have 4 bytes for float32[1], got 5",
    );
  });
});

describe("tensorFromArray", () => {
  const ranges: readonly (readonly [DataType, number, number])[] = [
    ["int8", -128, 127],
    ["uint8", 0, 255],
    ["int16", -32768, 32767],
    ["uint16", 0, 65535],
    ["int32", -(2 ** 31), 2 ** 31 - 1],
    ["uint32", 0, 2 ** 32 - 1],
    ["int64", -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ["uint64", 0, Number.MAX_SAFE_INTEGER],
    ["bool", 0, 1],
  ];
  it.each(ranges)("keeps every %s", (type, min, max) => {
    const element = fc.integer({ min, max });
    fc.assert(
      fc.property(fc.array(element), (data) => {
        const array = ndArray(type, [data.length], data);
        expect(tensorToArray(tensorFromArray(array))).toEqual(array);
      }),
    );
    for (const x of [min - 1, max + 1, 0.5, NaN])
      expect(() => tensorFromArray(ndArray(type, [1], [x]))).toThrow(
        `an element of type ${type} must be an integer from ${min} to ${max}, got ${x} at index 0`,
      );
  });

  it("rounds to float32 and keeps float64", () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (data) => {
        const back = (type: DataType): readonly number[] =>
          numbers(tensorToArray(tensorFromArray(ndArray(type, [data.length], data))));
        expect(back("float32")).toEqual(data.map(Math.fround));
        expect(back("float64")).toEqual(data);
      }),
    );
  });

  it("has a name, and the number of its type", () => {
    const made = tensorFromArray(ndArray("int64", [], [3]), "three");
    expect([made.name, made.dataType, made.dims]).toEqual(["three", typeCode("int64"), []]);
  });
});

describe("16-bit floating point", () => {
  const bitsOf = (type: DataType, x: number): number => {
    const [low = 0, high = 0] = tensorFromArray(ndArray(type, [], [x])).rawData;
    return low + 256 * high;
  };
  const valueOf = (type: DataType, bits: number): number =>
    numbers(
      tensorToArray({
        ...tensorFromArray(ndArray(type, [], [0])),
        rawData: Uint8Array.of(bits & 255, bits >> 8),
      }),
    )[0]!;

  it.each<readonly [DataType, readonly (readonly [number, number])[]]>([
    // IEEE 754 binary16: one, the largest, the smallest normal and subnormal numbers, and ties to even.
    [
      "float16",
      [
        [1, 0x3c00],
        [-2, 0xc000],
        [65504, 0x7bff],
        [65519, 0x7bff],
        [65520, 0x7c00],
        [1e6, 0x7c00],
        [2 ** -14, 0x0400],
        [2 ** -24, 0x0001],
        [2 ** -25, 0x0000],
        [1.5 * 2 ** -24, 0x0002],
        [1 + 2 ** -11, 0x3c00],
        [1 + 3 * 2 ** -11, 0x3c02],
        [0.1, 0x2e66],
        [1 / 3, 0x3555],
        [Infinity, 0x7c00],
        [-Infinity, 0xfc00],
        [-0, 0x8000],
      ],
    ],
    [
      "bfloat16",
      [
        [1, 0x3f80],
        [-2, 0xc000],
        [0.1, 0x3dcd],
        [1 + 2 ** -8, 0x3f80],
        [1 + 3 * 2 ** -8, 0x3f82],
        [2 ** -126, 0x0080],
        [2 ** -133, 0x0001],
        [3.4e38, 0x7f80],
        [-1e300, 0xff80],
        [3.38e38, 0x7f7e],
        [Infinity, 0x7f80],
        [-0, 0x8000],
      ],
    ],
  ])("%s of known numbers", (type, pairs) => {
    for (const [x, bits] of pairs) expect([x, bitsOf(type, x).toString(16)]).toEqual([x, bits.toString(16)]);
  });

  it.each<DataType>(["float16", "bfloat16"])("%s keeps all 65536 bit patterns, not-a-number aside", (type) => {
    for (let bits = 0; bits < 65536; bits++) {
      const x = valueOf(type, bits);
      if (Number.isNaN(x)) expect(valueOf(type, bitsOf(type, x))).toBeNaN();
      else if (bitsOf(type, x) !== bits) expect.fail(`${bits} became ${bitsOf(type, x)}`);
    }
  });

  it.each<DataType>(["float16", "bfloat16"])("%s is the nearest one", (type) => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -60000, max: 60000 }), (x) => {
        const bits = bitsOf(type, x);
        const distance = Math.abs(valueOf(type, bits) - x);
        for (const neighbour of [bits - 1, bits + 1]) {
          const other = valueOf(type, neighbour & 0xffff);
          if (Number.isFinite(other)) expect(Math.abs(other - x)).toBeGreaterThanOrEqual(distance);
        }
      }),
    );
  });
});

it("ndArray refuses a wrong count", () => {
  expect(() => ndArray("float32", [2, 2], [1])).toThrow(
    new RangeError("ndArray: data must have one element per place of dims [2,2], got 1 elements"),
  );
});

it("decodeTensor refuses bytes that are not a tensor", () => {
  expect(() => decodeTensor(Uint8Array.of(10, 5, 1))).toThrow(
    "decodeTensor: bytes end inside a field (truncated?), got 3 bytes",
  );
  expect(() => decodeTensor(Uint8Array.of(7))).toThrow(
    "decodeTensor: bytes are not a protobuf message of the ONNX format, got 1 bytes",
  );
});
