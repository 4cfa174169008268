import { checkpointFolders, readBytes } from "@ropewalk/testing/checkpoints/checkpoint-folders";
import { headerOf, safetensorsFile, type Json } from "@ropewalk/testing/checkpoints/safetensors-file";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inMemory, readSafetensorsHeader, type TensorEntry } from "../../src/index.ts";

const read = async (bytes: Uint8Array): Promise<readonly TensorEntry[]> => {
  const file = await inMemory("m", { "m.safetensors": bytes }).file("m.safetensors");
  return readSafetensorsHeader("m.safetensors", file!.source);
};

const tensor = (shape: unknown, from: unknown, to: unknown, dtype: unknown = "F32"): Json => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

/** One tensor `t`, its data 24 bytes. */
const one = (stated: unknown): Uint8Array => safetensorsFile({ t: stated }, 24);

describe("readSafetensorsHeader", () => {
  it("reads where tensors lie, in the order of their places", async () => {
    const header = {
      b: tensor([2, 3], 4, 28),
      a: tensor([], 0, 4, "I32"),
      __metadata__: { format: "pt" },
    };
    const start = 8 + JSON.stringify(header).length;
    expect(await read(safetensorsFile(header, 28))).toEqual([
      { name: "a", type: "I32", dims: [], file: "m.safetensors", offset: start, length: 4 },
      {
        name: "b",
        type: "F32",
        dims: [2, 3],
        file: "m.safetensors",
        offset: start + 4,
        length: 24,
      },
    ]);
  });

  it("reads what it is given back: any names, types and shapes", async () => {
    const widths = {
      BOOL: 1,
      I8: 1,
      F8_E5M2: 1,
      F16: 2,
      BF16: 2,
      I32: 4,
      F32: 4,
      F64: 8,
      U64: 8,
    } as const;
    const rows = fc.uniqueArray(
      fc.record({
        name: fc.string().filter((name) => name !== "__metadata__"),
        dtype: fc.constantFrom(...(Object.keys(widths) as (keyof typeof widths)[])),
        shape: fc.array(fc.nat(4), { maxLength: 4 }),
      }),
      { selector: ({ name }) => name },
    );
    await fc.assert(
      fc.asyncProperty(rows, async (tensors) => {
        let end = 0;
        const header = Object.fromEntries(
          tensors.map(({ name, dtype, shape }) => {
            const begin = end;
            end += widths[dtype] * shape.reduce((product, size) => product * size, 1);
            return [name, tensor(shape, begin, end, dtype)];
          }),
        );
        const found = await read(safetensorsFile(header, end));
        const start = 8 + new TextEncoder().encode(JSON.stringify(header)).length;
        expect(
          new Map(found.map(({ name, type, dims, offset, length }) => [name, [type, dims, offset, length]])),
        ).toEqual(
          new Map(
            tensors.map(({ name, dtype, shape }) => {
              const [begin, to] = header[name]!["data_offsets"] as [number, number];
              return [name, [dtype, shape, start + begin, to - begin]];
            }),
          ),
        );
      }),
    );
  });

  it("reads a file without tensors, and a tensor without elements", async () => {
    expect(await read(safetensorsFile("{}", 0))).toEqual([]);
    const shape = [...Array.from({ length: 30 }, () => 9007199254740991), 0];
    expect(await read(safetensorsFile({ t: tensor(shape, 0, 0) }, 0))).toHaveLength(1);
    const beside = {
      t: tensor([6], 0, 24),
      before: tensor([0], 0, 0),
      after: tensor([2, 0], 24, 24),
    };
    const names = (await read(safetensorsFile(beside, 24))).map(({ name }) => name);
    expect(names).toEqual(["before", "t", "after"]);
  });

  it("reads a header with a text of megabytes", async () => {
    const metadata = { note: 'a "quoted" text\n'.repeat(2_000_000) };
    expect(await read(safetensorsFile({ __metadata__: metadata }, 0))).toEqual([]);
  });

  it("reads a header padded with spaces", async () => {
    expect(await read(safetensorsFile(`${JSON.stringify({ t: tensor([6], 0, 24) })}     `, 24))).toHaveLength(1);
  });

  const whole = safetensorsFile({ t: tensor([6], 0, 24) }, 24);
  it.each<[string, Uint8Array]>([
    ["the file must have at least 8 bytes, got 0", new Uint8Array(0)],
    ["the file must have at least 8 bytes, got 7", new Uint8Array(7)],
    [
      "the file must be safetensors, with a header of at most 100000000 bytes, got 100000001",
      safetensorsFile("{}", 0, 100_000_001n),
    ],
    [
      "the file must be safetensors, with a header of at most 100000000 bytes, got 18446744073709551615",
      safetensorsFile("{}", 0, 2n ** 64n - 1n),
    ],
    ["the file must be whole, at least 8 + 3 bytes for its header, got 10", safetensorsFile("{}", 0, 3n)],
    [`the file must be whole, at least 8 + ${whole.length - 32} bytes for its header, got 20`, whole.subarray(0, 20)],
    ["the header must be JSON in UTF-8, got SyntaxError: ", safetensorsFile('{"t": }', 0)],
    ["the header must be JSON in UTF-8, got TypeError: ", safetensorsFile('{"?": 0}', 0).with(10, 0xff)],
    ["the header must be JSON in UTF-8, got SyntaxError: ", safetensorsFile("", 0)],
    ["the header must be JSON in UTF-8, got SyntaxError: ", safetensorsFile("\uFEFF{}", 0)],
    ["the header must be an object, got []", safetensorsFile("[]", 0)],
    ["the header must be an object, got 3", safetensorsFile("3", 0)],
    ["the header must be an object, got null", safetensorsFile("null", 0)],
    ['the header must have each name once, got "a"', safetensorsFile('{"a":{},"b":[{}],"\\u0061":{}}', 0)],
    ['the header must have each name once, got "dtype"', safetensorsFile('{"a":{"dtype":"F32","dtype":"F16"}}', 0)],
    ["__metadata__ must be an object, got null", safetensorsFile({ __metadata__: null }, 0)],
    ["__metadata__: step must be text, got 3", safetensorsFile({ __metadata__: { step: 3 } }, 0)],
    ["t must be an object, got 3", one(3)],
    ["t must be an object, got [an array]", safetensorsFile('{"t":[[]]}', 24)],
    [
      "t: dtype must be one of BOOL, U8, I8, F8_E4M3, F8_E5M2, U16, I16, F16, BF16, U32, I32, F32, U64, I64, F64, C64, " +
        'got "F31"',
      one(tensor([6], 0, 24, "F31")),
    ],
    ["t: dtype must be one of ", one({ shape: [6], data_offsets: [0, 24] })],
    ["t: shape must be integers of at least 0, got 6", one(tensor(6, 0, 24))],
    ["t: shape must be integers of at least 0, got [-6]", one(tensor([-6], 0, 24))],
    ["t: shape must be integers of at least 0, got [2.5]", one(tensor([2.5], 0, 24))],
    ["t: shape must be integers of at least 0, got [9007199254740992]", one(tensor([2 ** 53], 0, 24))],
    ['t: shape must be integers of at least 0, got ["6"]', one(tensor(["6"], 0, 24))],
    ["t: data_offsets must be two integers of at least 0, got nothing", one({ dtype: "F32", shape: [6] })],
    ["t: data_offsets must be two integers of at least 0, got [-4, 20]", one(tensor([6], -4, 20))],
    [
      "t: shape must be integers of at least 0, got [1, 1, 1, 1, 1, 1, 1, 1, …]",
      one(tensor([1, 1, 1, 1, 1, 1, 1, 1, -1], 0, 24)),
    ],
    [
      "t: data_offsets must be two integers of at least 0, got [0, 12, 24]",
      one({ dtype: "F32", shape: [6], data_offsets: [0, 12, 24] }),
    ],
    ["t: data_offsets must ascend within the file's 24 bytes of data, got [24, 0]", one(tensor([6], 24, 0))],
    ["t: data_offsets must ascend within the file's 24 bytes of data, got [0, 28]", one(tensor([7], 0, 28))],
    ["t: data_offsets must span 20 bytes for F32 [5], got 24", one(tensor([5], 0, 24))],
    ["t: data_offsets must span 12 bytes for BF16 [2, 3], got 24", one(tensor([2, 3], 0, 24, "BF16"))],
    [
      "t: data_offsets must span 0 bytes for F32 [9007199254740991, 9007199254740991, 0], got 24",
      one(tensor([9007199254740991, 9007199254740991, 0], 0, 24)),
    ],
    [
      "b must begin where a ends, at byte 16 of the data, got 12",
      safetensorsFile({ b: tensor([3], 12, 24), a: tensor([4], 0, 16) }, 24),
    ],
    [
      "b must begin where a ends, at byte 8 of the data, got 12",
      safetensorsFile({ b: tensor([3], 12, 24), a: tensor([2], 0, 8) }, 24),
    ],
    ["t must begin where the header ends, at byte 0 of the data, got 4", one(tensor([5], 4, 24))],
    ["the data must end with t, at byte 20, got 24", one(tensor([5], 0, 20))],
    ["the data must end with the header, at byte 0, got 4", safetensorsFile("{}", 4)],
  ])("refuses: %s", async (message, bytes) => {
    const error: unknown = await read(bytes).catch((caught: unknown) => caught);
    expect(String((error as Error).message)).toContain(`readSafetensorsHeader: m.safetensors: ${message}`);
  });

  it("says whether a value is of the wrong type or only wrong", async () => {
    await expect(read(one(tensor(6, 0, 24)))).rejects.toThrow(TypeError);
    await expect(read(one(tensor([5], 0, 24)))).rejects.toThrow(RangeError);
  });

  it("tells repeated names from equal texts in other places", async () => {
    const header = {
      "t\\": tensor([6], 0, 24),
      'u":': tensor([0], 24, 24),
      dtype: tensor([0], 24, 24),
    };
    expect(
      await read(safetensorsFile({ __metadata__: { t: "t", dtype: '{"t":1,"t":2}' }, ...header }, 24)),
    ).toHaveLength(3);
  });

  it("loads or refuses by name whatever the header's bytes are", async () => {
    const real = readBytes(checkpointFolders.llama, "model.safetensors");
    const headerLength = Number(new DataView(real.buffer).getBigUint64(0, true));
    // A short file too: its few bytes are all part of the structure.
    const { header, dataLength } = headerOf({ a: [2, 3], b: [1] });
    const short = safetensorsFile({ ...header, __metadata__: { format: "pt" } }, dataLength);
    const files = [
      { bytes: short, mutable: short.length - dataLength },
      { bytes: real, mutable: 8 + headerLength },
    ];
    const outcomes = new Set<string>();
    const change = fc.record({
      at: fc.nat(),
      to: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0123456789"{}[],:-.e'))),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        async ({ bytes, mutable }, changes) => {
          const broken = Uint8Array.from(bytes);
          for (const { at, to } of changes) broken[at % mutable] = to;
          try {
            await read(broken);
            outcomes.add("loads");
          } catch (error) {
            outcomes.add("refused");
            expect(error).toBeInstanceOf(Error);
            expect((error as Error).message).toMatch(/^readSafetensorsHeader: m\.safetensors: .*, got /s);
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(outcomes).toEqual(new Set(["loads", "refused"]));
  });

  it("loads or refuses by name a file cut anywhere", async () => {
    const { header, dataLength } = headerOf({ a: [2, 3], b: [1] });
    const bytes = safetensorsFile(header, dataLength);
    for (let length = 0; length < bytes.length; length++)
      await expect(read(bytes.subarray(0, length))).rejects.toThrow("readSafetensorsHeader: m.safetensors: ");
    expect(await read(bytes)).toHaveLength(2);
  });
});
