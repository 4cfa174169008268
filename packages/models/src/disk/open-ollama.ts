/**
 * A model of Ollama's, by its name. Below OLLAMA_MODELS, or ~/.ollama/models:
 *
 *     manifests/<host>/<owner>/<name>/<tag>     JSON: the layers, each a media type, a digest and a size
 *     blobs/sha256-<digest>                     the layer's content; that of the model is a GGUF file
 *
 * A name is `name`, `name:tag`, `owner/name` or `host/owner/name`; absent are registry.ollama.ai, library and latest.
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { check, checkInteger, show, showName } from "@ropewalk/check";
import { configObject } from "../config/config-object.ts";
import type { CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { statIfThere } from "./file-changes.ts";
import { fileIn } from "./open-folder.ts";

export const ollamaPrefix = "ollama:";

const partForm = /^(?!\.{1,2}$)[\w.-]+$/;

const modelsFolder = (): string => process.env["OLLAMA_MODELS"] || join(homedir(), ".ollama", "models");

/** The parts of a manifest's path. */
const partsOf = (source: string): readonly string[] => {
  const name = source.slice(ollamaPrefix.length);
  const [path = "", tag = "latest", ...more] = name.split(":");
  const given = path.split("/");
  const parts = [...["registry.ollama.ai", "library"].slice(0, Math.max(0, 3 - given.length)), ...given, tag];
  check(
    given.length <= 3 && more.length === 0 && parts.every((part) => partForm.test(part)),
    "openSource: a model of Ollama must be ollama:name, ollama:name:tag or ollama:owner/name",
    source,
  );
  return parts;
};

/** `size` in bytes. */
type Layer = { readonly mediaType: string; readonly digest: string; readonly size: number };

const layersOf = (at: string, text: string): readonly Layer[] => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new RangeError(`${at} must be JSON, got ${show(text)}`, { cause });
  }
  const { layers } = configObject(at, parsed).values;
  check(Array.isArray(layers), `${at}: layers must be a list`, layers, "object");
  return layers.map((layer: unknown) => {
    const { mediaType, digest, size } = configObject(`${at}: a layer`, layer).values;
    check(typeof mediaType === "string", `${at}: mediaType must be text`, mediaType, "string");
    check(
      typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest),
      `${at}: digest must be sha256: and 64 digits`,
      digest,
    );
    checkInteger(at, "size", size, 0);
    return { mediaType, digest, size: size as number };
  });
};

const kindOf = ({ mediaType }: Layer): string => mediaType.replace(/^.*\./, "");

/** Kinds of layers that change nothing when they are left out. */
const silent: ReadonlySet<string> = new Set(["model", "license"]);

/** What the layers say beside the model, and is not used: the GGUF file has a chat template, and a call has its sampling. */
const unusedNotice = (source: string, layers: readonly Layer[]): string | undefined => {
  const unused = [...new Set(layers.map(kindOf))].filter((kind) => !silent.has(kind));
  return unused.length === 0
    ? undefined
    : `openSource: ${source}: of the manifest these are not used: ${unused.map(showName).join(", ")}; ` +
        "the chat template is that of the GGUF file, the rest is as the call says";
};

/**
 * @param source - `ollama:` and the name
 * @param onNotice - gets a sentence where Ollama's own settings of the model are not used
 * @throws RangeError naming the manifest or the blob, where there is none, there is no model, its size is another, or an adapter lies beside it
 */
export const openOllama = async (source: string, onNotice: (notice: string) => void): Promise<CheckpointFolder> => {
  const folder = modelsFolder();
  const manifest = join(folder, "manifests", ...partsOf(source));
  const at = `openSource: ${source}: ${manifest}`;
  check((await statIfThere(manifest))?.isFile() === true, `${at} must be a file, which ollama pull writes`, undefined);
  const layers = layersOf(at, await readFile(manifest, "utf8"));
  const models = layers.filter((layer) => kindOf(layer) === "model");
  check(models.length === 1, `${at} must have one layer that is a model`, models.length);
  const adapters = layers.filter((layer) => kindOf(layer) === "adapter");
  check(adapters.length === 0, `${at} must have no adapter, which is not read in this form`, adapters.length);
  const { digest, size } = models[0]!;
  const gguf = digest.replace(":", "-");
  const blobs = join(folder, "blobs");
  const blob = join(blobs, gguf);
  const found = await fileIn("openSource", blobs, gguf);
  check(found !== undefined, `openSource: ${source}: there must be a file ${blob}`, undefined);
  check(
    found!.source.size === size,
    `openSource: ${source}: ${blob} must have ${size} bytes, as its manifest says`,
    found!.source.size,
  );
  const unused = unusedNotice(source, layers);
  if (unused !== undefined) onNotice(unused);
  return { name: source, file: (name) => fileIn("openSource", blobs, name), gguf };
};
