/** `ropewalk inspect book.kv`: the facts of a text that was read and saved. The model is not needed. */
import { extensionOf } from "@ropewalk/context-extension";
import { savedPrefixFacts } from "@ropewalk/generation";
import { statSync } from "node:fs";
import { extendedWords } from "./extension-in-words.ts";
import { printFacts } from "../render/facts.ts";
import { bytes } from "../render/units.ts";

/** Whether the path names a file other than an ONNX model. */
export const isFile = (path: string): boolean =>
  !path.endsWith(".onnx") && statSync(path, { throwIfNoEntry: false })?.isFile() === true;

export const inspectSaved = async (path: string, { json }: { readonly json?: boolean }): Promise<void> => {
  const facts = await savedPrefixFacts(path).catch((error: Error) => {
    throw Object.assign(error, { message: error.message.replace(/^savedPrefixFacts/, "inspect") });
  });
  const { model, weights, extension, positions, cache, ids, bytes: size } = facts;
  const words = extendedWords(positions, extensionOf(extension));
  if (json) {
    const report = {
      kind: "prefix",
      model,
      weights,
      tokens: ids.length,
      positions: words,
      extension,
      cache,
      bytes: size,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  printFacts(
    {
      file: `a text that was read, ${bytes(size)}`,
      tokens: ids.length.toLocaleString("en"),
      model: `${model}, weights ${weights.slice(0, 12)}`,
      under: words,
      "key-value cache": `in ${cache}`,
    },
    [],
  );
};
