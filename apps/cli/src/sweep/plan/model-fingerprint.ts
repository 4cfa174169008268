/**
 * The fingerprint of a model, from the contents of its files:
 *
 *   SHA-256 over the name, the size and the SHA-256 of the bytes of each file that a run reads
 *
 * A file of weights above 64 MiB is not read whole. Its hash covers 1,024 stretches of 64 KiB, spread evenly, with the first and the last
 * bytes among them. That suffices, since training changes every matrix.
 */
import { hashOf } from "@ropewalk/evals";
import type { OpenedModel } from "@ropewalk/generation";
import { fileSampling, sampledHash, type ByteSource } from "@ropewalk/models";
import { exportNames } from "@ropewalk/onnx-exports";
import { existsSync } from "node:fs";
import type { AdapterFlag } from "../../flags/adapter.ts";
import { findExport } from "../../model/find-export.ts";
import { filesOf } from "../../model/open-model.ts";

/** Files beside the weights that change the results of a run. */
const texts = [
  "config.json",
  "generation_config.json",
  "ropewalk.json",
  "task.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
];

const stated = async (source: ByteSource): Promise<readonly [size: number, hash: string]> => [
  source.size,
  await sampledHash(source, { from: 0, to: source.size }, fileSampling),
];

const filesIn = async (folder: Awaited<ReturnType<typeof filesOf>>, names: readonly string[]) => {
  const found: Record<string, readonly [number, string]> = {};
  for (const name of names) {
    const file = await folder.file(name);
    if (file !== undefined) found[name] = await stated(file.source);
  }
  return found;
};

/** The fingerprint of the model's files and of its adapters' files. */
export const fingerprintOf = async (
  path: string,
  { source }: OpenedModel,
  adapters: readonly AdapterFlag[] = [],
): Promise<string> => {
  const named = path.endsWith(".onnx") && existsSync(path) ? await findExport(path) : undefined;
  const folder = await filesOf(named?.folder ?? path);
  const graphs = source.kind === "export" ? [named?.model ?? exportNames].flat() : [];
  const weights = await Promise.all(source.files.map((file) => stated(file.source)));
  const beside = await Promise.all(
    adapters.map(async ({ source: from, scale }) => ({
      scale,
      files: await filesIn(await filesOf(from), ["adapter_config.json", "adapter_model.safetensors", "ropewalk.json"]),
    })),
  );
  return hashOf({ files: await filesIn(folder, [...texts, ...graphs]), weights, adapters: beside });
};
