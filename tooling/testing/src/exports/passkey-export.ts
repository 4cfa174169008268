/** The passkey model as a folder that transformers.js loads, as exporters write it, and prompts beyond its trained window. */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpu } from "@ropewalk/backend-node";
import type { ContextExtension } from "@ropewalk/context-extension";
import { passkeyIn, passkeyPrompt, type PasskeyLanguage } from "@ropewalk/evals";
import { loadModel, textCodec } from "@ropewalk/generation";
import { loadCheckpoint } from "@ropewalk/models";
import { openFolder } from "@ropewalk/models/node";
import { passkey875k } from "@ropewalk/tiny-models";
import { writeOnnxFolder } from "./llama-export.ts";

const json = (path: string | URL): Record<string, unknown> =>
  JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;

const readModelFile = (file: string): Record<string, unknown> => json(new URL(file, passkey875k.url));

const codec = textCodec({ tokenizer: readModelFile("tokenizer.json"), config: readModelFile("tokenizer_config.json") });
const task = passkeyIn(readModelFile("task.json") as unknown as PasskeyLanguage);

const { vocab } = readModelFile("tokenizer.json")["model"] as { vocab: Record<string, number> };
const words = new Map(Object.entries(vocab).map(([word, id]) => [id, word]));

/** A prompt of about `length` tokens, the key at a third of it. */
export const prompt = (
  length: number,
): { readonly ids: readonly number[]; readonly text: string; readonly key: string } => {
  const { ids, key } = passkeyPrompt(task, codec, { length, depth: 0.35, seed: 3 });
  return {
    ids,
    key,
    text: ids
      .slice(1)
      .map((id) => words.get(id))
      .join(" "),
  };
};

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "transformers-js-"));

/** Writes the export into a folder. Its rotary tables reach beyond the trained window, so that the model runs without an extension too. */
export const writePasskeyExport = async (folder: string): Promise<void> => {
  const { rms_norm_eps: epsilon } = readModelFile("config.json") as { rms_norm_eps: number };
  const checkpoint = await loadCheckpoint(await openFolder(passkey875k.url));
  await writeOnnxFolder(folder, checkpoint, { epsilon, positions: 2048 });
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    cpSync(new URL(file, passkey875k.url), join(folder, file));
  edit(join(folder, "config.json"), { max_position_embeddings: passkey875k.trainedContext });
};

/** Changes a JSON file. */
export const edit = (path: string, changes: Record<string, unknown>): void =>
  writeFileSync(path, JSON.stringify({ ...json(path), ...changes }));

/** The tokens that `@ropewalk/generation` generates from a checkpoint under an extension. */
export const generatedFrom = async (
  checkpoint: string | URL,
  extension: ContextExtension,
  ids: readonly number[],
  maxNewTokens: number,
): Promise<readonly number[]> => {
  const model = await loadModel(await openFolder(checkpoint), { backend: cpu({ threads: 1 }), extension });
  const tokens: number[] = [];
  // transformers.js stops at no capacity, and the tiny Mistral's is less than these prompts.
  const options = { maxNewTokens, stopTokens: [], beyondCapacity: "allow" } as const;
  for await (const token of model.generateTokens(ids, options)) tokens.push(token);
  await model.release();
  return tokens;
};
