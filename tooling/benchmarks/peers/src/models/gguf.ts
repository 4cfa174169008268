/**
 * The GGUF container, version 3: metadata, a table of tensors, and their bytes at multiples of 32.
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { match } from "ts-pattern";
import { blockTypes, bytesOf, type BlockType } from "./gguf-types.ts";

export type Metadata =
  | { readonly kind: "uint32"; readonly value: number }
  | { readonly kind: "float32"; readonly value: number }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "texts"; readonly value: readonly string[] }
  | { readonly kind: "int32s"; readonly value: readonly number[] }
  | { readonly kind: "float32s"; readonly value: readonly number[] };

export type GgufTensor = {
  readonly name: string;
  readonly type: BlockType;
  /** Row-major, the last axis in one run; GGUF writes them the other way round. */
  readonly dims: readonly number[];
  readonly values: () => Promise<Float32Array>;
};

const alignment = 32;
const padding = (length: number): number => (alignment - (length % alignment)) % alignment;

const number = (width: 4 | 8, write: (view: DataView) => void): Uint8Array => {
  const view = new DataView(new ArrayBuffer(width));
  write(view);
  return new Uint8Array(view.buffer);
};
const uint32 = (x: number): Uint8Array => number(4, (view) => view.setUint32(0, x, true));
const float32 = (x: number): Uint8Array => number(4, (view) => view.setFloat32(0, x, true));
const uint64 = (x: number): Uint8Array => number(8, (view) => view.setBigUint64(0, BigInt(x), true));
const text = (words: string): Uint8Array => {
  const bytes = new TextEncoder().encode(words);
  return Buffer.concat([uint64(bytes.length), bytes]);
};

/** The number of a list's element type, how many there are, and their bytes. */
const list = (type: number, length: number, bytes: readonly Uint8Array[]): readonly Uint8Array[] => [
  uint32(9),
  uint32(type),
  uint64(length),
  ...bytes,
];

/** The number of a type, and the value. */
const encodeMetadata = (metadata: Metadata): readonly Uint8Array[] =>
  match(metadata)
    .with({ kind: "uint32" }, ({ value }) => [uint32(4), uint32(value)])
    .with({ kind: "float32" }, ({ value }) => [uint32(6), float32(value)])
    .with({ kind: "text" }, ({ value }) => [uint32(8), text(value)])
    .with({ kind: "texts" }, ({ value }) => list(8, value.length, value.map(text)))
    .with({ kind: "int32s" }, ({ value }) => list(5, value.length, [bytesOf(Int32Array.from(value))]))
    .with({ kind: "float32s" }, ({ value }) => list(6, value.length, [bytesOf(Float32Array.from(value))]))
    .exhaustive();

const header = (metadata: Readonly<Record<string, Metadata>>, tensors: readonly GgufTensor[]): Uint8Array => {
  let offset = 0;
  const table = tensors.flatMap(({ name, type, dims }) => {
    const { code, bytes } = blockTypes[type];
    const at = offset;
    const length = bytes(dims.reduce((size, dim) => size * dim, 1));
    offset += length + padding(length);
    return [text(name), uint32(dims.length), ...dims.toReversed().map(uint64), uint32(code), uint64(at)];
  });
  const pairs = Object.entries(metadata);
  const head = Buffer.concat([
    new TextEncoder().encode("GGUF"),
    uint32(3),
    uint64(tensors.length),
    uint64(pairs.length),
    ...pairs.flatMap(([key, value]) => [text(key), ...encodeMetadata(value)]),
    ...table,
  ]);
  return Buffer.concat([head, new Uint8Array(padding(head.length))]);
};

/** Writes a GGUF file, one tensor in memory at a time. */
export const writeGguf = async (
  path: string,
  metadata: Readonly<Record<string, Metadata>>,
  tensors: readonly GgufTensor[],
): Promise<void> => {
  const stream = createWriteStream(path);
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (!stream.write(bytes)) await once(stream, "drain");
  };
  await write(header(metadata, tensors));
  for (const { type, values } of tensors) {
    const bytes = blockTypes[type].encode(await values());
    await write(bytes);
    await write(new Uint8Array(padding(bytes.length)));
  }
  stream.end();
  await once(stream, "finish");
};
