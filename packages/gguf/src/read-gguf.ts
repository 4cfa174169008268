/** A GGUF model: its metadata, and where each tensor lies, in one file or in several. */
import { check, checkFunction } from "@ropewalk/check";
import type { ByteSource } from "./byte-source.ts";
import type { Metadata } from "./header/metadata.ts";
import { readGgufHeader, type GgufHeader } from "./header/read-header.ts";
import type { GgufTensor } from "./header/tensor-entry.ts";
import { checkNumTensors, checkPart, splitNames } from "./split-files.ts";

export type Gguf = {
  /** The names of its files, in order. */
  readonly files: readonly string[];
  /** The values of the first file, by key. What other parts state is the same. */
  readonly metadata: Metadata;
  /** All tensors by name, in the order of their places. */
  readonly tensors: ReadonlyMap<string, GgufTensor>;
};

/** Opens a file by its name; undefined where there is none. */
export type OpenFile = (name: string) => Promise<ByteSource | undefined>;

const readPart = async (file: string, names: readonly string[], open: OpenFile): Promise<GgufHeader> => {
  const source = await open(file);
  const of = names.length === 1 ? "" : `, one of ${names.length} parts`;
  check(source !== undefined, `readGguf: there must be a file ${file}${of}`, source);
  return readGgufHeader(file, source);
};

/**
 * Reads the headers of a model's files. A range at a time is read, from the beginning of each file; no weight is read.
 *
 * @param file - the file's name; of a model in several files, that of any part: `<name>-00001-of-00003.gguf`
 * @param open - opens the file, and the other parts, by name
 * @throws RangeError naming the file, the key or the tensor, the rule and the value
 */
export const readGguf = async (file: string, open: OpenFile): Promise<Gguf> => {
  check(typeof file === "string", "readGguf: file must be a file's name", file, "string");
  checkFunction("readGguf", "open", open);
  const files = splitNames(file);
  const headers: GgufHeader[] = [];
  for (const [index, name] of files.entries()) {
    const header = await readPart(name, files, open);
    headers.push(header);
    checkPart(files, index, header.metadata, headers[0]!.metadata);
  }
  checkNumTensors(files, headers);
  const tensors = new Map<string, GgufTensor>();
  for (const tensor of headers.flatMap((header) => header.tensors)) {
    const other = tensors.get(tensor.name)?.file;
    check(other === undefined, `readGguf: ${tensor.name} must be in one file`, [other, tensor.file]);
    tensors.set(tensor.name, tensor);
  }
  return { files, metadata: headers[0]!.metadata, tensors };
};
