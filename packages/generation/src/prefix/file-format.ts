/**
 * A prefix as a file of safetensors:
 *
 *   __metadata__   "format": the name of this format; "record": the model and extension that it belongs to, as JSON
 *   ids            [tokens] I32: the last of them is not in the cache
 *   layers.…       the cache's arrays, without places that have no token
 *   contents       [32] U8: the hash of everything before it, part by part: the header, the ids, the arrays in batches of at most 4 MiB
 */
import { check, checkInteger, checkKeys, checkOneOf, showName, withoutControls, type Keys } from "@ropewalk/check";
import { recordOf, type ContextExtension, type ExtensionRecord } from "@ropewalk/context-extension";
import { cachePrecisions, type CachePrecision, type ExtendedDecoder } from "@ropewalk/decoder";
import { canonical, hashOf, type SafetensorsHeader, type StoredTensor, type TensorType } from "@ropewalk/models";
import { sizeOf, type BufferType } from "@ropewalk/backend";
import type { ElementRun } from "../cache/stored-arrays.ts";

const format = "ropewalk prefix";

/** The model and extension that a prefix belongs to, and how far its cache has come. */
export type PrefixRecord = {
  readonly version: 1;
  /** The model's name, and the fingerprint of its weights. */
  readonly model: string;
  readonly weights: string;
  readonly extension: ExtensionRecord;
  /** The positions, in words. */
  readonly positions: string;
  /** A hash of the way every layer attends. */
  readonly layers: string;
  readonly cache: CachePrecision;
  readonly planned: number;
  readonly settled: readonly number[];
};

const text = (where: string, name: string, value: unknown): void =>
  check(typeof value === "string", `${where}: ${name} must be text`, value, "string");

const recordKeys: Keys<PrefixRecord> = {
  version: true,
  model: text,
  weights: text,
  extension: (where, name, value) =>
    check(typeof value === "object" && value !== null, `${where}: ${name} must be an object`, value, "object"),
  positions: text,
  layers: text,
  cache: (where, name, value) => checkOneOf(where, name, value, cachePrecisions),
  planned: (where, name, value) => checkInteger(where, name, value, 1, Number.MAX_SAFE_INTEGER),
  settled: (where, name, value) => {
    check(Array.isArray(value), `${where}: ${name} must be a list`, value, "object");
    for (const each of value as readonly unknown[]) checkInteger(where, name, each, 0, Number.MAX_SAFE_INTEGER);
  },
};

export const metadataOf = (record: PrefixRecord): Readonly<Record<string, string>> => ({
  format,
  record: canonical(record),
});

/** @throws RangeError or TypeError naming the field that no record of a prefix has */
export const recordIn = (where: string, { metadata }: SafetensorsHeader): PrefixRecord => {
  check(
    metadata["format"] === format,
    `${where} must be a prefix that save wrote, with the format "${format}"`,
    metadata["format"],
  );
  let record: unknown;
  try {
    record = JSON.parse(metadata["record"] ?? "");
  } catch {
    check(false, `${where}: record must be JSON`, metadata["record"]);
  }
  const version = (record as Partial<PrefixRecord> | null)?.version;
  check(version === 1, `${where}: record.version must be 1`, version, "number");
  return checkKeys<PrefixRecord>(where, "record", record as PrefixRecord, recordKeys);
};

/** A hash of the way every layer attends, which decides how keys are rotated. Windows that were set by hand are part of it. */
const layersHash = ({ groups }: ExtendedDecoder): Promise<string> => {
  const rows = groups.map(({ layers, positions, attentionPath, rope, entropy, scoreScale, softcap }) => ({
    layers,
    positions: positions.name,
    layout: attentionPath,
    rope,
    entropy,
    scoreScale,
    softcap,
  }));
  // JSON has no Infinity.
  const plain = JSON.stringify(rows, (_, value: unknown) => (value === Infinity ? "Infinity" : value));
  return hashOf(JSON.parse(plain) as object);
};

/** The fields that say which model and extension a prefix belongs to. */
export const identityOf = async (
  extended: ExtendedDecoder,
  extension: ContextExtension,
  fingerprint: () => Promise<string>,
): Promise<Omit<PrefixRecord, "planned" | "settled">> => ({
  version: 1,
  model: extended.name ?? "a model",
  weights: await fingerprint(),
  extension: recordOf(extension),
  positions: extended.positions.name,
  layers: await layersHash(extended),
  cache: extended.cache,
});

/** @throws RangeError that names both, where a prefix belongs to another model or extension, or its cache has another precision */
export const checkSame = (where: string, found: PrefixRecord, own: Omit<PrefixRecord, "planned" | "settled">): void => {
  const same = (rule: string, wanted: string, got: string): void => {
    // Both values in full: they may differ only at the end.
    if (wanted !== got)
      throw new RangeError(`${where} must ${rule}, ${withoutControls(wanted)}, got ${withoutControls(got)}`);
  };
  const named = ({ model, weights }: typeof own): string => `${showName(model)} (weights ${weights.slice(0, 12)})`;
  if (found.weights !== own.weights) same("be of this model", named(own), named(found));
  const [wanted, got] = [own, found].map(({ extension, positions }) => `${positions} ${canonical(extension)}`);
  same("be read under this model's extension", wanted!, got!);
  const [layers, others] = [own, found].map((each) => each.layers.slice(0, 12));
  same("be read where layers attend as this model's do, with windows and scalings of the hash", layers!, others!);
  same("have its cache in this model's precision", own.cache, found.cache);
};

const types: Readonly<Record<BufferType, TensorType>> = { float32: "F32", float16: "F16", int8: "I8" };
const widths: Readonly<Record<BufferType, number>> = { float32: 4, float16: 2, int8: 1 };

export const widthOf = (type: BufferType): number => widths[type];

type Named = { readonly name: string; readonly type: BufferType; readonly dims: readonly number[] };

/** The tensors of a file, in the order of the file. */
export const tensorsOf = (tokens: number, arrays: readonly Named[]): readonly StoredTensor[] => [
  { name: "ids", type: "I32", dims: [tokens], length: 4 * tokens },
  ...arrays.map(({ name, type, dims }) => ({
    name,
    type: types[type],
    dims,
    length: widths[type] * sizeOf(dims),
  })),
  { name: "contents", type: "U8", dims: [32], length: 32 },
];

const mostAtOnce = 1 << 22;

/** The runs of an array, in batches of at most 4 MiB. */
export const batchesOf = (type: BufferType, runs: readonly ElementRun[]): readonly (readonly ElementRun[])[] => {
  const most = mostAtOnce / widths[type];
  const batches: ElementRun[][] = [];
  let room = 0;
  for (const { from, length } of runs)
    for (let done = 0; done < length;) {
      if (room === 0) {
        batches.push([]);
        room = most;
      }
      const count = Math.min(room, length - done);
      batches.at(-1)!.push({ from: from + done, length: count });
      done += count;
      room -= count;
    }
  return batches;
};
