/**
 * Compares tokenizers that are read out of GGUF files with llama.cpp's, id by id:
 *
 *     npm run check:gguf-tokenizers                           the tokenizers of the tests, on their texts and on random ones
 *     npm run check:gguf-tokenizers -- --write                the same, and writes llama.cpp's ids for the tests
 *     npm run check:gguf-tokenizers -- model.gguf text.txt    a file, on every line of a text
 */
import { readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import { bytesSource, readGguf, type Metadata } from "@ropewalk/gguf";
import { textCodec } from "@ropewalk/generation";
import { ggufTexts } from "@ropewalk/models";
import {
  byteLevel,
  isExactInLlamaCpp,
  numTokens,
  preTokenizers,
  tokenizerCases,
} from "@ropewalk/testing/gguf-tokenizers/cases";
import { allPairs, randomPieces, randomTexts } from "@ropewalk/testing/gguf-tokenizers/random";
import { tokenizerTexts } from "@ropewalk/testing/gguf-tokenizers/texts";
import { repositoryPath } from "@ropewalk/testing/repository";
import { tokenizerIds } from "@ropewalk/testing/vectors";
import { startLlamaCpp, withFile, withMetadata, type Encode } from "./llama-cpp.ts";

const {
  values: { write },
  positionals: [file, lines],
} = parseArgs({ allowPositionals: true, options: { write: { type: "boolean", default: false } } });

/** Prints the texts whose ids differ. Gives their number. */
const compare = (name: string, metadata: Metadata, texts: readonly string[], theirs: Encode): number => {
  const { encode } = textCodec(ggufTexts(metadata, numTokens(metadata)).tokenizer!);
  const tokens = metadata.get("tokenizer.ggml.tokens") as readonly string[];
  const shown = (ids: readonly number[]): string => ids.map((id) => tokens[id]).join(" ");
  let differing = 0;
  for (const text of texts) {
    const [got, wanted] = [encode(text, { specialTokens: false }), theirs(text)];
    if (got.join() === wanted.join()) continue;
    differing += 1;
    if (differing <= 3) console.log(`${JSON.stringify(text)}\n  got    ${shown(got)}\n  wanted ${shown(wanted)}`);
  }
  console.log(`${name}: ${texts.length} texts, ${differing} with other ids than llama.cpp's`);
  return differing;
};

const llama = await startLlamaCpp();

const compareFile = async (path: string, textPath: string): Promise<number> => {
  const { metadata } = await readGguf(basename(path), async () => bytesSource(await readFile(path)));
  const texts = readFileSync(textPath, "utf8").split("\n");
  return withFile(llama, path, (theirs) => compare(path, metadata, texts, theirs));
};

const compareCases = async (): Promise<number> => {
  const more = randomTexts(200);
  const ids: Record<string, readonly (readonly number[] | null)[]> = {};
  let differing = 0;
  for (const [name, metadata] of Object.entries(tokenizerCases)) {
    const exact = (text: string): boolean => isExactInLlamaCpp(metadata, text);
    differing += await withMetadata(llama, metadata, (theirs) => {
      ids[name] = tokenizerTexts.map((text) => (exact(text) ? theirs(text) : null));
      return compare(name, metadata, [...tokenizerTexts, ...more].filter(exact), theirs);
    });
  }
  for (const pre of preTokenizers) {
    const metadata = byteLevel(pre, allPairs);
    const texts = [...tokenizerTexts, ...more].filter((text) => isExactInLlamaCpp(metadata, text));
    const name = `all pairs of bytes, ${pre}`;
    differing += await withMetadata(llama, metadata, (theirs) => compare(name, metadata, texts, theirs));
  }
  for (const [index, { metadata, texts }] of randomPieces(40).entries())
    differing += await withMetadata(llama, metadata, (theirs) =>
      compare(`random pieces ${index}`, metadata, texts, theirs),
    );
  if (write) writeFileSync(repositoryPath(tokenizerIds), `${JSON.stringify(ids).replaceAll("]],", "]],\n")}\n`);
  return differing;
};

const differing = await (file === undefined ? compareCases() : compareFile(file, lines!));
process.exit(differing === 0 ? 0 : 1);
