/**
 * GGUF files as they are read, and those that are refused.
 * Longer than 400 lines: a row for each rule of the format, and for each way to break it.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ggufFile, type GgufFile, type GgufValue } from "@ropewalk/testing/checkpoints/gguf-file";
import { inRepository } from "@ropewalk/testing/repository";
import { ggufVectors } from "@ropewalk/testing/vectors";
import { blobSource, bytesSource, dequantize, readGguf, splitNames, type Gguf } from "../src/index.ts";
import { changed, placeOf, read, watched } from "./gguf-bytes.ts";

const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(inRepository(`${ggufVectors}/${name}`)));

const one = { sizes: [4], type: 0, data: new Uint8Array(16) };

const small: GgufFile = {
  metadata: { "general.architecture": { type: "string", value: "llama" }, n: { type: "uint32", value: 7 } },
  tensors: { a: one, b: { sizes: [2, 3], type: 1, data: new Uint8Array(12) } },
};

const withMetadata = (metadata: Readonly<Record<string, GgufValue>>): Uint8Array => ggufFile({ ...small, metadata });

describe("readGguf", () => {
  it("gives every type of value", async () => {
    const { metadata } = await read(
      withMetadata({
        flag: { type: "bool", value: true },
        text: { type: "string", value: "größe" },
        whole: { type: "uint64", value: 2n ** 40n },
        large: { type: "uint64", value: 2n ** 63n },
        minus: { type: "int32", value: -3 },
        half: { type: "float32", value: 0.5 },
        texts: { type: "strings", value: ["a", "", "▁b"] },
        flags: { type: "bools", value: [true, false] },
        floats: { type: "floats", value: [1, -2.5] },
        ints: { type: "ints", value: [-1, 2] },
      }),
    );
    expect(Object.fromEntries(metadata)).toEqual({
      flag: true,
      text: "größe",
      whole: 2 ** 40,
      large: 2n ** 63n,
      minus: -3,
      half: 0.5,
      texts: ["a", "", "▁b"],
      flags: [true, false],
      floats: Float32Array.of(1, -2.5),
      ints: Int32Array.of(-1, 2),
    });
  });

  it("says where tensors lie, the slowest axis first", async () => {
    const bytes = ggufFile(small);
    const { tensors, files } = await read(bytes);
    const start = bytes.length - 64;
    expect(files).toEqual(["x.gguf"]);
    expect([...tensors.values()]).toEqual([
      { name: "a", type: "F32", dims: [4], file: "x.gguf", offset: start, length: 16 },
      { name: "b", type: "F16", dims: [3, 2], file: "x.gguf", offset: start + 32, length: 12 },
    ]);
  });

  it("leaves out axes of 1 that follow all others in the file", async () => {
    const shapes = { a: [4, 1], b: [2, 2, 1, 1], c: [1, 4], d: [1, 1, 1], e: [2, 1, 2] };
    const tensors = Object.entries(shapes).map(([name, sizes]) => [name, { ...one, sizes }]);
    const { tensors: found } = await read(ggufFile({ ...small, tensors: Object.fromEntries(tensors) }));
    expect([...found.values()].map(({ dims }) => dims)).toEqual([[4], [2, 2], [4, 1], [1], [2, 1, 2]]);
  });

  it("reads a file that gguf-py wrote", async () => {
    const { metadata, tensors } = await read(bytesOf("qwen2-k.gguf"));
    expect(metadata.get("general.architecture")).toBe("qwen2");
    expect(metadata.get("tokenizer.ggml.tokens")).toHaveLength(512);
    expect(tensors.size).toBe(27);
    expect(tensors.get("blk.0.attn_k.weight")).toMatchObject({ type: "Q8_0", dims: [128, 256], length: 34_816 });
  });

  it("reads a Blob, the header's pieces alone", async () => {
    const bytes = bytesOf("llama-dense.gguf");
    const { source, ranges } = watched(blobSource(new Blob([bytes as Uint8Array<ArrayBuffer>])));
    expect((await readGguf("x.gguf", async () => source)).tensors.size).toBe(21);
    expect(ranges).toEqual([[0, 262_144]]);
  });

  it("reads a header that is longer than a piece", async () => {
    const value = Array.from({ length: 90_000 }, (_, id) => `token ${id}`);
    const bytes = withMetadata({ "tokenizer.ggml.tokens": { type: "strings", value } });
    expect((await read(bytes)).metadata.get("tokenizer.ggml.tokens")).toEqual(value);
  });
});

it("reads a Buffer of Node as any other bytes", async () => {
  const bytes = ggufFile({
    metadata: { ...small.metadata, list: { type: "ints", value: [5, 6] } },
    tensors: { a: one },
  });
  // Somewhere in memory that holds other bytes before it.
  const buffer = Buffer.concat([Buffer.alloc(8, 7), bytes]).subarray(8);
  expect((await read(buffer)).metadata.get("list")).toEqual(Int32Array.of(5, 6));
  expect(dequantize("F32", Buffer.from(Float32Array.of(0.5, 2).buffer))).toEqual(Float32Array.of(0.5, 2));
});

describe("a model in several files", () => {
  const shared: GgufFile["metadata"] = {
    ...small.metadata,
    texts: { type: "strings", value: ["a", "b"] },
    "llama.rope.freq_base": { type: "float32", value: 1e4 },
  };
  const part = (
    no: number,
    count: number,
    total: number,
    tensors: GgufFile["tensors"],
    metadata: GgufFile["metadata"] = no === 0 ? shared : {},
  ): Uint8Array =>
    ggufFile({
      metadata: {
        ...metadata,
        "split.no": { type: "uint16", value: no },
        "split.count": { type: "uint16", value: count },
        "split.tensors.count": { type: "int32", value: total },
      },
      tensors,
    });
  const names = splitNames("m-00002-of-00003.gguf");
  const parts = [part(0, 3, 3, { a: one }), part(1, 3, 3, { b: one }), part(2, 3, 3, { c: one })];
  const readParts = (files: readonly (Uint8Array | undefined)[], from = names[1]!): Promise<Gguf> =>
    readGguf(from, async (name) => {
      const bytes = files[names.indexOf(name)];
      return bytes && bytesSource(bytes);
    });

  it("is read as one, from any part", async () => {
    expect(names).toEqual(["m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"]);
    for (const from of names) {
      const { files, metadata, tensors } = await readParts(parts, from);
      expect(files).toEqual(names);
      expect(metadata.get("n")).toBe(7);
      expect([...tensors.values()].map(({ name, file }) => [name, file])).toEqual([
        ["a", names[0]],
        ["b", names[1]],
        ["c", names[2]],
      ]);
    }
  });

  it("may state the metadata in every part, and an alignment of its own", async () => {
    const alignment = { "general.alignment": { type: "uint32", value: 16 } } as const;
    const files = parts.map((_, no) =>
      part(no, 3, 3, { [`t${no}`]: one }, no === 1 ? { ...shared, ...alignment } : shared),
    );
    expect((await readParts(files)).tensors.size).toBe(3);
  });

  it.each([
    ["another architecture", { "general.architecture": { type: "string", value: "qwen2" } }, /"llama".*got "qwen2"/],
    [
      "another base",
      { "llama.rope.freq_base": { type: "float32", value: 5e5 } },
      /freq_base must be 10000.*got 500000/,
    ],
    ["another token", { texts: { type: "strings", value: ["a", "c"] } }, /texts\[1\] must be "b".*got "c"/],
    ["a token more", { texts: { type: "strings", value: ["a", "b", "c"] } }, /texts\.length must be 2.*got 3/],
    ["a list of another kind", { texts: { type: "ints", value: [1, 2] } }, /texts\[0\] must be "a".*got 1/],
    ["a key that the first lacks", { scale: { type: "float32", value: 2 } }, /scale must be nothing.*got 2/],
  ] as const)("is refused with %s in a later part", async (_, metadata, message) => {
    const error = await readParts([parts[0], parts[1], part(2, 3, 3, { c: one }, metadata)]).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(
      /^readGguf: m-00003-of-00003\.gguf: .*, as in m-00001-of-00003\.gguf, got/,
    );
    expect((error as Error).message).toMatch(message);
  });

  it.each([
    ["a part missing", [parts[0], parts[1], undefined], /there must be a file m-00003-of-00003\.gguf, one of 3 parts/],
    ["two parts exchanged", [parts[0], parts[2], parts[1]], /m-00002-of-00003\.gguf: split\.no must be 1.*got 2/],
    ["another number of parts", [parts[0], part(1, 2, 3, { b: one }), parts[2]], /split\.count must be 3.*got 2/],
    ["another number of tensors", [0, 1, 2].map((no) => part(no, 3, 4, { [`t${no}`]: one })), /count must be 3.*got 4/],
    ["a number of tensors of its own", [parts[0], part(1, 3, 2, { b: one }), parts[2]], /count must be 3.*got 2/],
    ["a tensor twice", [parts[0], part(1, 3, 3, { a: one }), parts[2]], /a must be in one file/],
    ["no statement of its parts", [ggufFile(small), parts[1], parts[2]], /00001.*split\.count must be 3.*got 1/],
  ])("is refused with %s", async (_, files, message) => {
    await expect(readParts(files)).rejects.toThrow(message);
  });

  it("is refused under a name of one file", async () => {
    await expect(read(parts[0]!)).rejects.toThrow(/x\.gguf: split\.count must be 1, as the file's name says, got 3/);
  });

  it("is refused under a name of no part", () => {
    expect(() => splitNames("m-00004-of-00003.gguf")).toThrow(/must be a part from 1 to 3 by its name, got 4/);
  });
});

describe("a wrong file", () => {
  const good = ggufFile(small);
  // Behind the name "b": the axes, two sizes, the type, the offset.
  const axesOfB = placeOf(good, "\u0001\0\0\0\0\0\0\0b") + 9;
  const keyN = placeOf(good, "\u0001\0\0\0\0\0\0\0n") + 9;

  it.each([
    ["no bytes", new Uint8Array(0), /at least 24 bytes, got 0/],
    ["other letters", changed(good, 0, 80, 75, 3, 4), /must begin with the letters GGUF, got "PK\\u0003\\u0004"$/],
    ["version 1", changed(good, 4, 1), /the version must be 2 or 3, got 1/],
    ["version 4", changed(good, 4, 4), /the version must be 2 or 3, got 4/],
    ["big-endian", changed(good, 4, 0, 0, 0, 3), /must be little-endian, got version 3 in big-endian order$/],
    ["a lying number of tensors", changed(good, 8, 255, 255), /the number of tensors must be at most \d+/],
    ["a lying number of keys", changed(good, 16, 255, 255, 255, 255), /the number of keys must be at most \d+/],
    ["one key more", changed(good, 16, 3), /x\.gguf/],
    ["one key less", changed(good, 16, 1), /x\.gguf/],
    [
      "a lying length",
      changed(good, 24, 255, 255, 255, 255, 255, 255, 255, 255),
      /the length of key 0 of the metadata/,
    ],
    ["an unknown type of value", changed(good, keyN, 13), /the type of n must be from 0 to 12, got 13/],
    ["text that is none", changed(good, 32, 0xff), /key 0 of the metadata must be text in UTF-8/],
    [
      "a key twice",
      changed(withMetadata({ m: { type: "uint32", value: 1 }, n: { type: "uint32", value: 1 } }), 32, 110),
      /each key once, got "n"/,
    ],
    ["a flag of 2", changed(withMetadata({ n: { type: "bool", value: true } }), 37, 2), /n must be 0 or 1, got 2/],
    ["a tensor twice", changed(good, axesOfB - 1, 97), /each tensor once, got "a"/],
    ["no axes", changed(good, axesOfB, 0), /b must have 1 to 4 axes, got 0/],
    ["five axes", changed(good, axesOfB, 5), /b must have 1 to 4 axes, got 5/],
    ["an empty axis", changed(good, axesOfB + 4, 0), /b must have axes of at least 1.*got \[0, 3\]/],
    [
      "a vast axis",
      changed(good, axesOfB + 4, 0, 0, 0, 0, 0, 0, 0, 128),
      /b must have axes of at least 1.*got \[9223372036854775808, 3\]/,
    ],
    ["a type that is not read", changed(good, axesOfB + 20, 23), /b must be of type F32, .*, got "IQ4_XS"/],
    ["an unknown type", changed(good, axesOfB + 20, 99), /b must be of type F32, .*, got 99/],
    ["no whole blocks", changed(good, axesOfB + 20, 2), /b must have rows of whole blocks of 32 in Q4_0, got 2/],
    ["a place between", changed(good, axesOfB + 24, 33), /b must begin at a multiple of 32 bytes, got 33/],
    ["tensors over one another", changed(good, axesOfB + 24, 0), /a must begin where b ends or later/],
    ["a place beyond the end", changed(good, axesOfB + 24, 64), /b must end within the 64 bytes of data/],
    ["half of the data", good.subarray(0, good.length - 40), /b must end within the 24 bytes of data/],
    [
      "an odd alignment",
      withMetadata({ "general.alignment": { type: "uint32", value: 24 } }),
      /general\.alignment must be a power of two/,
    ],
  ])("with %s is refused by name", async (_, bytes, message) => {
    const error = await read(bytes).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^readGguf: /);
  });

  it("cut anywhere in its header is refused, with the file named once", async () => {
    for (let length = 0; length < good.length - 64; length++)
      await expect(read(good.subarray(0, length))).rejects.toThrow(/^readGguf: x\.gguf: (?!.*readGguf)/);
  });

  it("is read, or refused by name, whatever its bytes are", async () => {
    const real = bytesOf("stories260K-q8_0.gguf").subarray(0, 20_000);
    const mutation = fc.record({ at: fc.nat(good.length - 1), value: fc.integer({ min: 0, max: 255 }) });
    const far = fc.record({ at: fc.nat(real.length - 1), value: fc.integer({ min: 0, max: 255 }) });
    const holds = async (file: Uint8Array, changes: readonly { readonly at: number; readonly value: number }[]) => {
      const bytes = file.slice();
      for (const { at, value } of changes) bytes[at] = value;
      const result = await read(bytes).catch((error: unknown) => error);
      if (!(result instanceof Error)) return;
      expect(result.message).toMatch(/^readGguf: x\.gguf: /);
      expect(result).toBeInstanceOf(RangeError);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), (changes) => holds(good, changes)),
      { numRuns: 1500 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(far, { minLength: 1, maxLength: 8 }), (changes) => holds(real, changes)),
      { numRuns: 60 },
    );
  });

  it("is refused without a name or a way to open it", async () => {
    await expect(readGguf(1 as unknown as string, async () => undefined)).rejects.toThrow(/file must be a file's name/);
    await expect(readGguf("x.gguf", undefined as never)).rejects.toThrow(/open must be a function/);
    await expect(readGguf("x.gguf", async () => undefined)).rejects.toThrow(/there must be a file x\.gguf/);
  });
});
