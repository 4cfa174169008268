/** Metadata that earlier versions wrote is read with the same meaning. */
import { recordOf } from "@ropewalk/context-extension";
import { decode, encode } from "@ropewalk/graph";
import { inMemory } from "@ropewalk/models";
import { configOf, modelOf } from "@ropewalk/testing/exports/export-files";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { extendExport, loadExport } from "../../src/index.ts";
import { describeExtension, readMetadata, type RopewalkMetadata } from "../../src/metadata/metadata.ts";

const name = "torch-ts-eager-llama";
const config = configOf(name);

const withRecord = (text: string): Uint8Array => {
  const proto = decode(modelOf(name));
  proto.metadataProps.push({ $typeName: "onnx.StringStringEntryProto", key: "ropewalk", value: text });
  return encode(proto);
};

const recordNamed = (file: string): string => readFileSync(new URL(`records/${file}.json`, import.meta.url), "utf8");

const metadataOf = (text: string): RopewalkMetadata => readMetadata(decode(withRecord(text)))!;

const selfExtended = { kind: "self-extend", groupSize: 4, window: 16 };
const logged = { kind: "log-n", trainedContext: 64 };

const cases: readonly (readonly [string, Pick<RopewalkMetadata, "extension" | "customMapping">, string])[] = [
  [
    "version-1-portable",
    {
      extension: {
        positions: selfExtended,
        rope: { kind: "yarn", factor: 2, originalContext: 64 },
        entropy: logged,
      } as RopewalkMetadata["extension"],
    },
    "SelfExtend(groupSize 4, window 16), yarn, log-n",
  ],
  [
    "version-1-ropewalk",
    { extension: { positions: selfExtended, entropy: logged } as RopewalkMetadata["extension"] },
    "SelfExtend(groupSize 4, window 16), log-n",
  ],
  ["version-1-own-mapping", { extension: {}, customMapping: "Mine(window 16)" }, "Mine(window 16)"],
  ["version-1-nothing", { extension: {} }, "nothing"],
];

describe.each(cases)("%s", (file, says, words) => {
  const text = recordNamed(file);

  it("is read as the version of today, and everything else of it stays", () => {
    const { extension: _, version: __, ...rest } = JSON.parse(text) as RopewalkMetadata;
    expect(metadataOf(text)).toEqual({ ...rest, ...says, version: 2 });
  });

  it("is named in the error when the model would be extended twice", () => {
    expect(() => extendExport({ extension: {}, config }, withRecord(text))).toThrow(
      file === "version-1-ropewalk"
        ? "extendExport: a model must be an export or one that was extended for any runtime, got one that takes a cache"
        : `extendExport: a model must not be extended twice (replace: true), got one with ${words}`,
    );
    expect(describeExtension(metadataOf(text))).toBe(words);
  });

  it("is the extension that a model runs under, unless its mapping was custom", async () => {
    const files = { "config.json": new TextEncoder().encode(JSON.stringify(config)), "model.onnx": withRecord(text) };
    const { extension } = (await loadExport({}, inMemory("older", files)))!;
    if (says.customMapping === undefined) expect(recordOf(extension())).toEqual(says.extension);
    else
      expect(extension).toThrow(`must have a mapping that can be made again, or an extension be given, got ${words}`);
  });

  it("stands in the new record when the model is rewritten", () => {
    const metadata = metadataOf(text);
    expect(metadataOf(JSON.stringify(metadata))).toEqual(metadata);
  });
});

it("an older record is checked as one of today", () => {
  const record = JSON.parse(recordNamed("version-1-portable")) as { extension: Record<string, unknown> };
  const told = (extension: unknown) => () =>
    extendExport({ extension: {}, config }, withRecord(JSON.stringify({ ...record, extension })));
  expect(told({ ...record.extension, mapping: { kind: "grouped" } })).toThrow(
    'extendExport: metadata "ropewalk": extension.positions.kind must be one of self-extend',
  );
  expect(told({ ...record.extension, positions: 3 })).toThrow("extension.positions must be a name or null, got 3");
  expect(told({ ...record.extension, more: 3 })).toThrow(
    'extension must have no keys but positions, mapping, rope, entropy, got "more"',
  );
  expect(told(null)).toThrow("extension must be an object, got null");
});
