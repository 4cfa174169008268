/** GGUF files as bytes, right and wrong ones, for tests of what reads them. */

/** A value of the metadata with its type. */
export type GgufValue =
  | { readonly type: "uint32" | "float32" | "uint16" | "int32"; readonly value: number }
  | { readonly type: "uint64"; readonly value: bigint }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "bools"; readonly value: readonly boolean[] }
  | { readonly type: "uint64s"; readonly value: readonly bigint[] }
  | { readonly type: "floats" | "ints"; readonly value: readonly number[] };

export type GgufFileTensor = {
  /** The fastest axis first, as the file has it. */
  readonly sizes: readonly number[];
  /** The type's number. */
  readonly type: number;
  readonly data: Uint8Array;
};

export type GgufFile = {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: Readonly<Record<string, GgufFileTensor>>;
  readonly version?: number;
};

/** How many bytes stand behind so many, up to a multiple of 32. */
export const ggufPadding = (length: number): number => (32 - (length % 32)) % 32;

/** Bytes that grow. */
const writer = () => {
  const parts: Uint8Array[] = [];
  const number = (bytes: number, write: (view: DataView) => void): void => {
    const part = new Uint8Array(bytes);
    write(new DataView(part.buffer));
    parts.push(part);
  };
  const uint32 = (value: number): void => number(4, (view) => view.setUint32(0, value, true));
  const uint64 = (value: number | bigint): void => number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  const float32 = (value: number): void => number(4, (view) => view.setFloat32(0, value, true));
  const bytes = (part: Uint8Array): void => void parts.push(part);
  const text = (value: string): void => {
    const encoded = new TextEncoder().encode(value);
    uint64(encoded.length);
    bytes(encoded);
  };
  const length = (): number => parts.reduce((sum, part) => sum + part.length, 0);
  return {
    uint16: (value: number) => number(2, (view) => view.setUint16(0, value, true)),
    uint32,
    uint64,
    float32,
    text,
    bytes,
    byte: (value: number) => bytes(Uint8Array.of(value)),
    length,
    pad: () => bytes(new Uint8Array(ggufPadding(length()))),
    whole: () => {
      const all = new Uint8Array(length());
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    },
  };
};

type Writer = ReturnType<typeof writer>;

const list = <T>(to: Writer, type: number, values: readonly T[], write: (value: T) => void): void => {
  to.uint32(9);
  to.uint32(type);
  to.uint64(values.length);
  for (const value of values) write(value);
};

const writeValue = (to: Writer, stated: GgufValue): void => {
  switch (stated.type) {
    case "uint16":
      to.uint32(2);
      return to.uint16(stated.value);
    case "uint32":
      to.uint32(4);
      return to.uint32(stated.value);
    case "int32":
      to.uint32(5);
      return to.uint32(stated.value >>> 0);
    case "float32":
      to.uint32(6);
      return to.float32(stated.value);
    case "bool":
      to.uint32(7);
      return to.byte(stated.value ? 1 : 0);
    case "string":
      to.uint32(8);
      return to.text(stated.value);
    case "uint64":
      to.uint32(10);
      return to.uint64(stated.value);
    case "strings":
      return list(to, 8, stated.value, to.text);
    case "bools":
      return list(to, 7, stated.value, (value) => to.byte(value ? 1 : 0));
    case "uint64s":
      return list(to, 10, stated.value, to.uint64);
    case "floats":
      return list(to, 6, stated.value, to.float32);
    case "ints":
      return list(to, 5, stated.value, (value) => to.uint32(value >>> 0));
  }
};

/** A tensor whose bytes are written by the caller. */
export type GgufEntry = Pick<GgufFileTensor, "sizes" | "type"> & { readonly length: number };

/** All before the tensors: the header, the metadata and the table. The tensors' bytes follow in the order of their keys, each padded to 32. */
export const ggufHead = ({
  metadata,
  tensors,
  version = 3,
}: Pick<GgufFile, "metadata" | "version"> & { readonly tensors: Readonly<Record<string, GgufEntry>> }): Uint8Array => {
  const to = writer();
  to.bytes(new TextEncoder().encode("GGUF"));
  to.uint32(version);
  const entries = Object.entries(tensors);
  to.uint64(entries.length);
  to.uint64(Object.keys(metadata).length);
  for (const [key, value] of Object.entries(metadata)) {
    to.text(key);
    writeValue(to, value);
  }
  let offset = 0;
  for (const [name, { sizes, type, length }] of entries) {
    to.text(name);
    to.uint32(sizes.length);
    for (const size of sizes) to.uint64(size);
    to.uint32(type);
    to.uint64(offset);
    offset += length + ggufPadding(length);
  }
  to.pad();
  return to.whole();
};

/** The file's bytes: the head, and the tensors in the order of their keys. */
export const ggufFile = ({ tensors, ...others }: GgufFile): Uint8Array => {
  const to = writer();
  const entries = Object.entries(tensors).map(([name, tensor]) => [name, { ...tensor, length: tensor.data.length }]);
  to.bytes(ggufHead({ ...others, tensors: Object.fromEntries(entries) as Readonly<Record<string, GgufEntry>> }));
  for (const { data } of Object.values(tensors)) {
    to.bytes(data);
    to.pad();
  }
  return to.whole();
};
