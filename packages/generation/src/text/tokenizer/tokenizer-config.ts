/**
 * Puts what tokenizer_config.json says about ids into the terms of tokenizer.json, as Hugging Face's transformers does:
 *
 *     add_bos_token, add_eos_token   for Llama's classes (Llama, CodeLlama, Gemma, Cohere) these decide whether bos and eos are written,
 *                                    whatever the post-processor does. By default bos is written and eos is not
 *     add_prefix_space               replaces the pre-tokenizer's own
 *     added_tokens_decoder           adds tokens, or changes how they are added
 *     …_token, additional_special_tokens, extra_special_tokens   make tokens special: they are never cut, and left out of text
 *     split_special_tokens           is refused: special tokens in a text would be ordinary text
 */
import { check } from "@ropewalk/check";
import { fields, flag, integer, isObject, mostIds, optional, shortText, type Fields } from "./part-rules.ts";
import { contentOf, type Vocabulary } from "./check-vocabulary.ts";

const bosClass = /^(?:Llama|CodeLlama|Gemma|Cohere)Tokenizer(?:Fast)?$/;

const addedToken = fields({
  content: shortText,
  // The library would cut the token out of longer words.
  single_word: (value, at) => check(!value, `${at} must be absent or false`, value),
  lstrip: optional(flag),
  rstrip: optional(flag),
  normalized: optional(flag),
  special: optional(flag),
});

type Added = Fields & { readonly id: number; readonly content: string };

const checkAdded = (value: unknown, at: string): Added => {
  addedToken(value, at);
  integer(0, mostIds - 1)((value as Added).id, `${at}.id`);
  return value as Added;
};

const namesOf = (config: Fields): readonly (readonly [string, unknown])[] =>
  Object.entries(config).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
    if (key === "additional_special_tokens" || key === "extra_special_tokens")
      return Object.values(isObject(value) || Array.isArray(value) ? value : {}).map((one) => [key, one]);
    return key.endsWith("_token") && !key.startsWith("add_") && typeof value !== "boolean" ? [[key, value]] : [];
  });

/** The added tokens of both files, checked. */
export const addedTokens = (tokenizer: Fields, config: Fields, ids: Vocabulary, at: string): readonly Added[] => {
  const place = `${at}tokenizer.json: added_tokens`;
  const listed = tokenizer["added_tokens"] ?? [];
  check(Array.isArray(listed), `${place} must be a list`, listed, "object");
  const added = new Map<string, Added>();
  for (const [index, value] of (listed as readonly unknown[]).entries()) {
    const one = checkAdded(value, `${place}[${index}]`);
    added.set(one.content, one);
  }
  const decoder = `${at}tokenizer_config.json: added_tokens_decoder`;
  const stated = config["added_tokens_decoder"] ?? {};
  check(isObject(stated), `${decoder} must be an object`, stated, "object");
  for (const [id, value] of Object.entries(stated)) {
    const one = checkAdded(isObject(value) ? { ...value, id: Number(id) } : value, `${decoder}.${id}`);
    const known = added.get(one.content)?.id ?? ids(one.content) ?? one.id;
    check(known === one.id, `${decoder}.${id} must be ${known}, the id of ${one.content} in tokenizer.json`, id);
    added.set(one.content, { ...added.get(one.content), ...one });
  }
  for (const [key, value] of namesOf(config)) {
    const content = contentOf(value);
    check(content !== undefined || value === null, `${at}tokenizer_config.json: ${key} must be a token's text`, value);
    const id = content === undefined ? undefined : (added.get(content)?.id ?? ids(content));
    // A token without an id was never trained, and the model cannot write it.
    if (content === undefined || id === undefined || content === "") continue;
    added.set(content, { normalized: false, ...added.get(content), id, content, special: true });
  }
  return [...added.values()];
};

/** The post-processor that writes bos and eos as the tokenizer's class does. Undefined where the class does not decide that. */
export const postProcessor = (config: Fields, known: (token: string) => boolean, at: string): Fields | undefined => {
  const place = `${at}tokenizer_config.json: `;
  for (const key of ["add_bos_token", "add_eos_token"]) optional(flag)(config[key], `${place}${key}`);
  const { tokenizer_class: name, add_bos_token: bos, add_eos_token: eos } = config;
  if (typeof name !== "string" || !bosClass.test(name)) return undefined;
  const tokenFor = (key: "bos_token" | "eos_token", usual: string): string => contentOf(config[key]) ?? usual;
  const [first, last] = [tokenFor("bos_token", "<s>"), tokenFor("eos_token", "</s>")];
  if (bos === undefined && eos === undefined && !known(first)) return undefined;
  const written = (token: string, key: string) => {
    check(known(token), `${place}${key} must be false where the tokenizer has no ${token}`, true);
    return [{ SpecialToken: { id: token, type_id: 0 } }];
  };
  return {
    type: "TemplateProcessing",
    single: [
      ...((bos ?? true) ? written(first, "add_bos_token") : []),
      { Sequence: { id: "A", type_id: 0 } },
      ...((eos ?? false) ? written(last, "add_eos_token") : []),
    ],
    pair: [],
  };
};

/** The pre-tokenizer, with a space before the text where tokenizer_config.json says so. */
export const preTokenizer = (tokenizer: Fields, config: Fields, at: string): unknown => {
  const stated = config["add_prefix_space"];
  optional(flag)(stated, `${at}tokenizer_config.json: add_prefix_space`);
  const own = tokenizer["pre_tokenizer"] ?? null;
  return isObject(own) && typeof stated === "boolean" && typeof own["add_prefix_space"] === "boolean"
    ? { ...own, add_prefix_space: stated }
    : own;
};
