/** Reads a .txt or .jsonl file as samples, in the order of the file. */
import { check, checkInteger, checkKeys, checkOneOf, showName, type Keys } from "@ropewalk/check";
import type { OpenedModel } from "@ropewalk/generation";
import { learnedOf, type Sample } from "./fit-samples.ts";
import { arrangeEach, arrangePack } from "./arrange-documents.ts";
import { encoderOf, textDocument, type Document, type Encoder } from "./tokenize-document.ts";
import { lineDocuments } from "./json-lines.ts";

export type DataConfig = {
  /** The model whose tokenizer and chat template are used: a loaded one, or one opened without its weights. */
  readonly model: Pick<OpenedModel, "source" | "text">;
  /** The file's name. Its ending, .txt or .jsonl, decides how it is read. */
  readonly file: string;
  /** Tokens of a sample. */
  readonly seqLen: number;
  /** Default: pack for .txt, each for .jsonl. */
  readonly arrange?: "each" | "pack";
  /** With "each", what to do with a longer document: cut its end off, leave it out, or refuse the file. Default refuse. */
  readonly longer?: "refuse" | "cut" | "leave-out";
  /** The text between the documents of a .txt file. Absent: the file is one document. */
  readonly separator?: string;
  /** The most samples to read. Absent: all. */
  readonly samples?: number;
};

export type Data = {
  readonly samples: readonly Sample[];
  /** Documents that were read. */
  readonly documents: number;
  /** Documents whose end was cut off. */
  readonly cut: number;
  /** Documents, or packed samples, that were left out: too long, or without a learned token once they are cut. */
  readonly leftOut: number;
  /** The number of learned tokens in all samples. */
  readonly learned: number;
  /** Tokens of the longest sample. */
  readonly longest: number;
};

const where = "readData";

const keys: Keys<DataConfig> = {
  model: true,
  file: true,
  seqLen: true,
  arrange: true,
  longer: true,
  separator: true,
  samples: true,
};

const textDocuments = (
  file: string,
  encoder: Encoder,
  separator: string | undefined,
  text: string,
): Iterable<Document> => {
  const at = `${where}: ${showName(file)}`;
  // White space alone is no document, here and between separators.
  if (separator === undefined)
    return [text].filter((all) => all.trim() !== "").map((all) => textDocument(encoder, at, all));
  check(separator !== "", `${where}: separator must have at least 1 character`, separator);
  check(
    text.includes(separator),
    `${at} must have the separator in it, ${JSON.stringify(separator)}`,
    `${text.length} characters without it`,
  );
  const all = text
    .split(separator)
    .map((document) => document.trim())
    .filter((document) => document !== "");
  return (function* () {
    for (const [index, document] of all.entries())
      yield textDocument(encoder, `${at}: document ${index + 1}`, document);
  })();
};

export type DataForm = {
  /** How its documents become samples by default. */
  readonly arrange: "each" | "pack";
  /** Whether a separator may stand between its documents. */
  readonly separated: boolean;
};

type Reader = DataForm & {
  readonly read: (config: DataConfig, encoder: Encoder, text: string) => Iterable<Document>;
};

/** The readers by the ending of a file's name. */
const readers: Readonly<Record<string, Reader>> = {
  ".txt": {
    arrange: "pack",
    separated: true,
    read: ({ file, separator }, encoder, text) => textDocuments(file, encoder, separator, text),
  },
  ".jsonl": {
    arrange: "each",
    separated: false,
    read: ({ file, separator }, encoder, text) => {
      check(
        separator === undefined,
        `${where}: separator must be absent for a .jsonl file, which has a document a line`,
        separator,
      );
      return lineDocuments(where, file, encoder, text);
    },
  },
};

const readerOf = (caller: string, file: string): Reader => {
  check(typeof file === "string", `${caller}: file must be text`, file, "string");
  const end = /\.[^./\\]*$/.exec(file)?.[0].toLowerCase() ?? "";
  check(Object.hasOwn(readers, end), `${caller}: file must end in ${Object.keys(readers).join(" or ")}`, file);
  return readers[end]!;
};

/**
 * How a file is read, by the ending of its name.
 *
 * @throws RangeError for an ending that has no reader
 */
export const dataForm = (file: string): DataForm => {
  const { arrange, separated } = readerOf("dataForm", file);
  return { arrange, separated };
};

/**
 * The samples of a file's text.
 *
 * @throws RangeError and TypeError naming the file, the line or document, and the problem: broken JSON, an unknown form, a role that
 *   the template refuses, a document that is too long, or no learned token
 */
export const readData = (config: DataConfig, text: string): Data => {
  checkKeys<DataConfig>(where, "config", config, keys, { length: "seqLen" });
  const { model, file, seqLen, longer, samples } = config;
  checkInteger(where, "seqLen", seqLen, 2);
  if (samples !== undefined) checkInteger(where, "samples", samples, 1);
  if (longer !== undefined) checkOneOf(where, "longer", longer, ["refuse", "cut", "leave-out"]);
  check(typeof text === "string", `${where}: text must be text`, text, "string");
  const reader = readerOf(where, file);
  const { arrange = reader.arrange } = config;
  checkOneOf(where, "arrange", arrange, ["each", "pack"]);
  const documents = reader.read(config, encoderOf(where, model), text);
  const arranged = arrange === "each" ? arrangeEach(documents, config) : arrangePack(documents, config);
  check(arranged.documents > 0, `${where}: ${showName(file)} must have a document`, undefined);
  const learned = arranged.samples.reduce((sum, sample) => sum + learnedOf(sample), 0);
  check(
    learned > 0,
    `${where}: ${showName(file)} must have tokens to learn`,
    `${arranged.documents} documents without`,
  );
  const longest = arranged.samples.reduce((most, { ids }) => Math.max(most, ids.length), 0);
  return { ...arranged, learned, longest };
};
