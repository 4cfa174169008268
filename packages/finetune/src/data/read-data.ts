/**
 * Data as people have it, as samples. They stand in the order of the file; which a step takes, the seed says.
 *
 *   each   a document is a sample, shorter ones are filled up with what is not learned
 *   pack   documents stand one behind another, each with its own beginning, and a sample is the next `seqLen` tokens of them all: a
 *          document is seen from the one behind it, none is cut off, and the last sample is what is left
 */
import { check, checkInteger, checkKeys, checkOneOf, showName, type Keys } from "@ropewalk/check";
import { ignoredLabel } from "@ropewalk/decoder/training";
import type { OpenedModel } from "@ropewalk/generation";
import type { Sample } from "../samples.ts";
import { encoderOf, textDocument, type Document, type Encoder } from "./document.ts";
import { lineDocuments } from "./lines.ts";

export type DataConfig = {
  /** Whose tokenizer and chat template it is read with: a loaded model, or one opened without its weights. */
  readonly model: Pick<OpenedModel, "source" | "text">;
  /** The file's name, whose end says how it is read: .txt or .jsonl. */
  readonly file: string;
  /** Tokens of a sample. */
  readonly seqLen: number;
  /** Default: pack for .txt, each for .jsonl. */
  readonly arrange?: "each" | "pack";
  /** What is done with a document that is longer, where each is a sample: its end is cut off, it is left out, or refused. Default refuse. */
  readonly longer?: "refuse" | "cut" | "leave-out";
  /** What stands between the documents of a .txt file. Absent: it is one document. */
  readonly separator?: string;
  /** How many samples, at most. Absent: all. */
  readonly samples?: number;
};

export type Data = {
  readonly samples: readonly Sample[];
  /** Documents that were read. */
  readonly documents: number;
  /** Documents whose end was cut off. */
  readonly cut: number;
  /** Documents, or pieces of the pack, that were left out: too long, or with nothing to learn once they are cut. */
  readonly leftOut: number;
  /** Tokens that are learned, of all samples. */
  readonly learned: number;
};

const where = "readData";

const keys: Keys<DataConfig> = {
  ...{ model: true, file: true, seqLen: true, arrange: true, longer: true, separator: true, samples: true },
};

const textDocuments = (
  file: string,
  encoder: Encoder,
  separator: string | undefined,
  text: string,
): Iterable<Document> => {
  const at = `${where}: ${showName(file)}`;
  if (separator === undefined) return [text].filter((all) => all !== "").map((all) => textDocument(encoder, at, all));
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

type Reader = {
  readonly arrange: "each" | "pack";
  readonly read: (config: DataConfig, encoder: Encoder, text: string) => Iterable<Document>;
};

/** By the end of a file's name. */
const readers: Readonly<Record<string, Reader>> = {
  ".txt": {
    arrange: "pack",
    read: ({ file, separator }, encoder, text) => textDocuments(file, encoder, separator, text),
  },
  ".jsonl": {
    arrange: "each",
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

const readerOf = (file: string): Reader => {
  const end = /\.[^./\\]*$/.exec(file)?.[0].toLowerCase() ?? "";
  check(Object.hasOwn(readers, end), `${where}: file must end in ${Object.keys(readers).join(" or ")}`, file);
  return readers[end]!;
};

const learnedOf = ({ labels = [] }: Sample): number => labels.slice(1).filter((label) => label !== ignoredLabel).length;

type Arranged = Omit<Data, "learned">;

const arrangeEach = (
  documents: Iterable<Document>,
  { seqLen, longer = "refuse", samples: most = Infinity }: DataConfig,
): Arranged => {
  const samples: Sample[] = [];
  const tooLong: Document[] = [];
  let [count, leftOut, cut] = [0, 0, 0];
  for (const document of documents) {
    if (samples.length >= most) break;
    count += 1;
    const { at, ids, labels } = document;
    check(learnedOf(document) > 0, `${at} must have a token to learn behind its first`, undefined);
    if (ids.length <= seqLen) {
      samples.push({ ids, labels });
      continue;
    }
    tooLong.push(document);
    const sample = { ids: ids.slice(0, seqLen), labels: labels.slice(0, seqLen) };
    if (longer === "cut" && learnedOf(sample) > 0) {
      samples.push(sample);
      cut += 1;
    } else leftOut += 1;
  }
  const [first] = tooLong;
  if (first !== undefined && longer === "refuse")
    throw new RangeError(
      `${first.at} must have at most ${seqLen} tokens, got ${first.ids.length}; ${tooLong.length} of ${count} documents are longer: ` +
        'longer: "cut" cuts their ends off, "leave-out" leaves them out',
    );
  return { samples, documents: count, cut, leftOut };
};

const arrangePack = (
  documents: Iterable<Document>,
  { seqLen, longer, samples: most = Infinity }: DataConfig,
): Arranged => {
  check(
    longer === undefined,
    `${where}: longer must be absent where documents are packed, of which none is cut off`,
    longer,
  );
  const samples: Sample[] = [];
  let [ids, labels]: [number[], number[]] = [[], []];
  let [count, leftOut] = [0, 0];
  const close = (): void => {
    if (learnedOf({ ids, labels }) > 0) samples.push({ ids, labels });
    else leftOut += 1;
    [ids, labels] = [[], []];
  };
  for (const document of documents) {
    if (samples.length >= most) break;
    count += 1;
    for (const [at, id] of document.ids.entries()) {
      // A document's first token is foretold by nothing of its own.
      labels.push(at === 0 ? ignoredLabel : document.labels[at]!);
      ids.push(id);
      if (ids.length === seqLen) close();
      if (samples.length >= most) break;
    }
  }
  if (ids.length > 0 && samples.length < most) close();
  return { samples, documents: count, cut: 0, leftOut };
};

/**
 * The samples of a file's text.
 *
 * @throws RangeError and TypeError naming the file, its line or document, and what is wrong with it: no JSON, a form that is not
 *   known, a role that the template refuses, a document that is too long, nothing to learn
 */
export const readData = (config: DataConfig, text: string): Data => {
  checkKeys<DataConfig>(where, "config", config, keys, { length: "seqLen" });
  const { model, file, seqLen, longer, samples } = config;
  checkInteger(where, "seqLen", seqLen, 2);
  if (samples !== undefined) checkInteger(where, "samples", samples, 1);
  if (longer !== undefined) checkOneOf(where, "longer", longer, ["refuse", "cut", "leave-out"]);
  check(typeof file === "string", `${where}: file must be text`, file, "string");
  check(typeof text === "string", `${where}: text must be text`, text, "string");
  const reader = readerOf(file);
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
  return { ...arranged, learned };
};
