/** Reads the files that turn text into ids, and a conversation into text. */
import { check } from "@ropewalk/check";
import { configObject, valueOf } from "../config/config-object.ts";
import type { CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { readJson, readText } from "../folder/json-file.ts";

export type TokenizerFiles = {
  /** The parsed tokenizer.json. */
  readonly tokenizer: unknown;
  /** The parsed tokenizer_config.json; {} where there is none. */
  readonly config: unknown;
  /** A Jinja template that makes one text of a conversation's messages; undefined where the checkpoint has none. */
  readonly chatTemplate: string | undefined;
};

const at = "readModelTexts: tokenizer_config.json: chat_template";

/** The template called default, where there is a list of them: `[{ "name": "default", "template": "…" }, …]`. */
const namedDefault = (stated: unknown): unknown =>
  Array.isArray(stated)
    ? stated.map((entry) => configObject(at, entry).values).find(({ name }) => name === "default")?.["template"]
    : stated;

/** From chat_template.jinja where there is such a file, or else from a key of tokenizer_config.json. */
const readChatTemplate = async (folder: CheckpointFolder, config: unknown): Promise<string | undefined> => {
  const file = await readText(folder, "chat_template.jinja");
  if (file !== undefined) return file;
  const template = namedDefault(
    valueOf(configObject("readModelTexts: tokenizer_config.json", config), "chat_template"),
  );
  check(template === undefined || typeof template === "string", `${at} must be text`, template, "string");
  return template;
};

/** @returns undefined where there is no tokenizer.json */
export const readTokenizerFiles = async (folder: CheckpointFolder): Promise<TokenizerFiles | undefined> => {
  const tokenizer = await readJson(folder, "tokenizer.json");
  if (tokenizer === undefined) return undefined;
  const config = (await readJson(folder, "tokenizer_config.json")) ?? {};
  return { tokenizer, config, chatTemplate: await readChatTemplate(folder, config) };
};
