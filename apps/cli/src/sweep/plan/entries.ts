/** The entries of a sweep's models and methods: the flags of other commands as keys of JSON. */
import { check, checkKeys, checkOneOf, oneOf, optional, positive, show, type Keys, type Rule } from "@ropewalk/check";
import { extensionOf, readRecord, type ExtensionRecord } from "@ropewalk/context-extension";
import { cachePrecisions, type CachePrecision } from "@ropewalk/decoder";
import type { EntryRule, Json, JsonObject } from "@ropewalk/evals";
import { precisionNames, type Precision } from "@ropewalk/models";
import { readAdapterFlag } from "../../flags/adapter.ts";
import { extensionWords } from "../../describe/extension-in-words.ts";
import { nameOf } from "../../flags/extension.ts";
import { isModulePath } from "../../methods/method-module.ts";
import { entropies, methods, type Entropy, type Method } from "../../methods/methods.ts";
import { numberFlags, numberNames, type NumberName, type NumberRow } from "../../flags/method-numbers.ts";
import type { Variant } from "../../pool/jobs.ts";

export type ModelEntry = { readonly model: string; readonly label: string; readonly variant: Variant };

export type MethodEntry = {
  readonly label: string;
  readonly variant: Variant;
  /** The user's modules, by the paths in the file. */
  readonly modules: readonly string[];
};

const text: Rule = (where, name, value) =>
  check(typeof value === "string" && value !== "", `${where}: ${name} must be text`, value, "string");

type ModelKeys = {
  readonly model: string;
  readonly trainedContext?: number;
  readonly quantize?: Precision | "none";
  readonly adapter?: string;
  readonly cache?: CachePrecision | "none";
};

const modelKeys: Keys<ModelKeys> = {
  model: text,
  trainedContext: optional(positive),
  adapter: optional(text),
  quantize: optional(oneOf(["none", ...precisionNames])),
  cache: optional(oneOf(["none", ...cachePrecisions])),
};

/** In a list `none` stands for an absent value. */
const unlessNone = <T extends string>(value: T | "none" | undefined): T | undefined =>
  value === "none" ? undefined : value;

const readModel = (where: string, entry: JsonObject): ModelEntry => {
  const { model, trainedContext, ...stated } = checkKeys<ModelKeys>(
    where,
    "entry",
    entry as unknown as ModelKeys,
    modelKeys,
  );
  const [quantize, adapter, cache] = [
    unlessNone(stated.quantize),
    unlessNone(stated.adapter),
    unlessNone(stated.cache),
  ];
  const said = [
    ...(trainedContext === undefined ? [] : [`trainedContext ${trainedContext}`]),
    ...[quantize, adapter].filter((word) => word !== undefined),
    ...(cache === undefined ? [] : [`cache ${cache}`]),
  ];
  return {
    model,
    label: [model, ...said].join(", "),
    variant: {
      ...(trainedContext === undefined ? {} : { trainedContext }),
      ...(quantize === undefined ? {} : { quantize }),
      ...(adapter === undefined ? {} : { adapter: [readAdapterFlag(adapter)] }),
      ...(cache === undefined ? {} : { cache }),
    },
  };
};

export const modelEntries: EntryRule<ModelEntry> = { main: "model", read: readModel };

/** A number as its flag would have it. */
const flagText = (value: Json): string => {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(",") : String(value);
};

const typeWords = (value: unknown): string => {
  if (Array.isArray(value)) return "a list of numbers";
  return typeof value === "boolean" ? "true or false" : `a ${typeof value}`;
};

/** @throws TypeError for a value that the number's flag does not take */
const readNumber = (where: string, name: NumberName, value: Json): unknown => {
  const { read }: NumberRow<unknown> = numberFlags[name];
  let number: unknown;
  try {
    number = read(flagText(value));
  } catch (error) {
    throw new TypeError(`${where}: ${name} ${(error as Error).message}`, { cause: error });
  }
  // The text "4" is not the number 4.
  if (JSON.stringify(number) !== JSON.stringify(value))
    throw new TypeError(`${where}: ${name} must be ${typeWords(number)}, got ${show(value)}`);
  return number;
};

/** Reads methods and an entropy scaling joined by +, as in self-extend+log-n, or the path of a module. */
const readName = (where: string, name: string) => {
  const parts = isModulePath(name) ? [name] : name.split("+");
  const modules = parts.filter(isModulePath);
  const [scalings, own] = [[] as Entropy[], [] as Method[]];
  for (const part of parts) {
    if (isModulePath(part)) continue;
    if (Object.hasOwn(methods, part)) own.push(part as Method);
    else {
      checkOneOf(where, "method", part, [...Object.keys(methods), ...Object.keys(entropies).slice(1)]);
      scalings.push(part as Entropy);
    }
  }
  return { modules, scalings, own };
};

type MethodKeys = Readonly<Record<"method" | "entropy" | "extension" | NumberName, Json>>;

const methodKeys = Object.fromEntries(
  ["method", "entropy", "extension", ...numberNames].map((key) => [key, true]),
) as Keys<MethodKeys>;

/** The letters of numbers in the papers and in labels. */
const letters: Partial<Record<NumberName, string>> = { groupSize: "G", window: "W" };

const readMethod = (where: string, entry: JsonObject): MethodEntry => {
  const { method, entropy, extension } = checkKeys<MethodKeys>(where, "entry", entry as MethodKeys, methodKeys, {
    G: "groupSize",
    W: "window",
    g: "groupSize",
    w: "window",
  });
  if (method !== undefined) text(where, "method", method);
  const { modules, scalings, own } = readName(where, (method as string | undefined) ?? "none");
  if (entropy !== undefined) {
    checkOneOf(where, "entropy", entropy, Object.keys(entropies));
    scalings.push(entropy as Entropy);
  }
  check(scalings.length <= 1, `${where}: entropy must be one`, scalings);
  if (extension !== undefined) readRecord(where, "extension", extension as unknown as ExtensionRecord);
  const numbers = numberNames.flatMap((name) =>
    entry[name] === undefined ? [] : [[name, readNumber(where, name, entry[name])] as const],
  );
  const named: Variant = {
    ...(method === undefined || own.length === 0 ? {} : { method: own }),
    ...(scalings[0] === undefined ? {} : { entropy: scalings[0] }),
    ...(extension === undefined ? {} : { extension: extension as unknown as ExtensionRecord }),
  };
  const { extension: _, ...flags } = named;
  const name = nameOf({
    fallback: "none",
    ...flags,
    ...(modules.length > 0 && { modules: modules.map((path) => ({ path, extension: {} })) }),
  });
  const words = named.extension && extensionWords(extensionOf(named.extension));
  const isNamed = method !== undefined || entropy !== undefined;
  const unnamed = words === undefined ? "as it is" : undefined;
  return {
    label: [
      ...[isNamed ? name : unnamed, words].filter((part) => part !== undefined),
      ...numbers.map(([key, value]) => `${letters[key] ?? key} ${String(value)}`),
    ].join(", "),
    variant: { ...named, ...Object.fromEntries(numbers) },
    modules,
  };
};

/** Numbers whose value is a list. */
const lists: readonly NumberName[] = ["shortFactor", "longFactor"];

export const methodEntries: EntryRule<MethodEntry> = { main: "method", lists, read: readMethod };
