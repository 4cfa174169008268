/**
 * Metadata: values by key. In the file:
 *
 *     8, n    the key's length and the key
 *     4       the type of the value
 *     …       the value. A text is its length and its bytes; a list the type of its elements, their number, and the elements
 *
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
import { check, showName } from "@ropewalk/check";
import { lettersMemory, type Counted } from "./budget.ts";
import type { Cursor } from "./cursor.ts";

/** A list: numbers in an array of their own type, texts and flags in an ordinary array. */
export type MetadataList =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | BigUint64Array
  | BigInt64Array
  | Float64Array
  | readonly boolean[]
  | readonly string[]
  | readonly MetadataList[];

/** A value. Integers of 64 bits are numbers where a number holds them exactly, and otherwise a bigint. */
export type MetadataValue = number | bigint | boolean | string | MetadataList;

export type Metadata = ReadonlyMap<string, MetadataValue>;

type NumberArray = Exclude<MetadataList, readonly unknown[]>;

type NumberType = {
  readonly kind: "number";
  readonly bytes: number;
  readonly list: (data: ArrayBuffer) => NumberArray;
};

type ValueType = NumberType | { readonly kind: "flag" } | { readonly kind: "text" } | { readonly kind: "list" };

const ofNumbers = (bytes: number, list: NumberType["list"]): NumberType => ({ kind: "number", bytes, list });

/** The types of values; a type is its index. */
const valueTypes: readonly ValueType[] = [
  ofNumbers(1, (data) => new Uint8Array(data)),
  ofNumbers(1, (data) => new Int8Array(data)),
  ofNumbers(2, (data) => new Uint16Array(data)),
  ofNumbers(2, (data) => new Int16Array(data)),
  ofNumbers(4, (data) => new Uint32Array(data)),
  ofNumbers(4, (data) => new Int32Array(data)),
  ofNumbers(4, (data) => new Float32Array(data)),
  { kind: "flag" },
  { kind: "text" },
  { kind: "list" },
  ofNumbers(8, (data) => new BigUint64Array(data)),
  ofNumbers(8, (data) => new BigInt64Array(data)),
  ofNumbers(8, (data) => new Float64Array(data)),
];

/** How deep lists may lie in lists. */
const deepest = 4;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const textOf = (cursor: Cursor, what: string, length: number): string => {
  const bytes = cursor.bytes(length);
  cursor.spend(`the letters of ${what}`, lettersMemory(bytes), 1);
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new RangeError(`${cursor.at}: ${what} must be text in UTF-8, got bytes that are none`, { cause });
  }
};

/** A count that the file has bytes for, and the header's budget memory. */
export const readCount = async (cursor: Cursor, what: string, { bytes, memory }: Counted): Promise<number> => {
  await cursor.need(what, 8);
  const count = cursor.uint64();
  const most = Math.floor(cursor.left() / bytes);
  check(count <= most, `${cursor.at}: ${what} must be at most ${most}, for which the file has bytes`, count);
  cursor.spend(what, Number(count), memory);
  return Number(count);
};

/** The letters of a text are counted when they have been read. */
const byteOfText: Counted = { bytes: 1, memory: 0 };

export const readText = async (cursor: Cursor, what: string): Promise<string> => {
  const length = await readCount(cursor, `the length of ${what}`, byteOfText);
  await cursor.need(what, length);
  return textOf(cursor, what, length);
};

/** As `readText`, many times. Waits only where bytes have to be read. */
const readTexts = async (cursor: Cursor, what: string, count: number): Promise<readonly string[]> => {
  // At its whole length: a list that grows is copied, and is longer than its texts.
  const texts = new Array<string>(count);
  for (let index = 0; index < count; index++) {
    const lengthNeeded = cursor.need(what, 8);
    if (lengthNeeded !== undefined) await lengthNeeded;
    const length = cursor.uint64();
    check(
      length <= cursor.left(),
      `${cursor.at}: ${what}: text ${index} must have at most ${cursor.left()} bytes`,
      length,
    );
    const textNeeded = cursor.need(what, Number(length));
    if (textNeeded !== undefined) await textNeeded;
    texts[index] = textOf(cursor, `${what}: text ${index}`, Number(length));
  }
  return texts;
};

const flagOf = (at: string, byte: number): boolean => {
  check(byte <= 1, `${at} must be 0 or 1`, byte);
  return byte === 1;
};

const typeAt = async (cursor: Cursor, what: string): Promise<ValueType> => {
  await cursor.need(what, 4);
  const type = cursor.uint32();
  const known = valueTypes[type];
  check(known !== undefined, `${cursor.at}: the type of ${what} must be from 0 to ${valueTypes.length - 1}`, type);
  return known;
};

/** How many bytes of numbers are read at once: more only take memory. */
const readAtOnce = 2 ** 18;

const numbersOf = async (cursor: Cursor, what: string, type: NumberType, count: number): Promise<NumberArray> => {
  const data = new Uint8Array(count * type.bytes);
  for (let at = 0; at < data.length; at += readAtOnce) {
    const length = Math.min(readAtOnce, data.length - at);
    await cursor.need(what, length);
    data.set(cursor.bytes(length), at);
  }
  return type.list(data.buffer);
};

/** The elements of lists that are no numbers. */
const countedOf: Readonly<Record<Exclude<ValueType["kind"], "number">, Counted>> = {
  flag: { bytes: 1, memory: 8 },
  // Beside its letters: a head, a place in the list, and what is left free behind the letters.
  text: { bytes: 8, memory: 32 },
  list: { bytes: 12, memory: 1024 },
};

const readList = async (cursor: Cursor, what: string, depth: number): Promise<MetadataList> => {
  check(depth < deepest, `${cursor.at}: ${what} must have lists at most ${deepest} deep`, depth + 1);
  const type = await typeAt(cursor, `the elements of ${what}`);
  const counted = type.kind === "number" ? { bytes: type.bytes, memory: type.bytes } : countedOf[type.kind];
  const count = await readCount(cursor, `the number of elements of ${what}`, counted);
  if (type.kind === "number") return numbersOf(cursor, what, type, count);
  if (type.kind === "text") return readTexts(cursor, what, count);
  if (type.kind === "flag") {
    await cursor.need(what, count);
    const at = `${cursor.at}: ${what}`;
    return Array.from(cursor.bytes(count), (byte) => flagOf(at, byte));
  }
  const lists: MetadataList[] = [];
  for (let index = 0; index < count; index++) lists.push(await readList(cursor, what, depth + 1));
  return lists;
};

const readValue = async (cursor: Cursor, what: string): Promise<MetadataValue> => {
  const type = await typeAt(cursor, what);
  if (type.kind === "list") return readList(cursor, what, 0);
  if (type.kind === "text") return readText(cursor, what);
  if (type.kind === "flag") {
    await cursor.need(what, 1);
    return flagOf(`${cursor.at}: ${what}`, cursor.bytes(1)[0]!);
  }
  const [value] = await numbersOf(cursor, what, type, 1);
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value!;
};

/** A key and its value: a length, a letter, a type and a byte. */
export const countedKey: Counted = { bytes: 14, memory: 1024 };

/**
 * Reads `count` keys with their values.
 *
 * @throws RangeError naming the file, the key, the rule and the value
 */
export const readMetadata = async (cursor: Cursor, count: number): Promise<Metadata> => {
  const metadata = new Map<string, MetadataValue>();
  for (let index = 0; index < count; index++) {
    const key = await readText(cursor, `key ${index} of the metadata`);
    const shown = showName(key);
    check(key !== "", `${cursor.at}: key ${index} of the metadata must not be empty`, key);
    check(!metadata.has(key), `${cursor.at}: the metadata must have each key once`, key);
    metadata.set(key, await readValue(cursor, shown));
  }
  return metadata;
};
