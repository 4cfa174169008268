import { textCodec } from "@ropewalk/generation";
import { stories260K } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { mutateJson, type Json } from "../mutations/mutate-json.ts";
import { defineDoor } from "./define-door.ts";

type Seed = { readonly tokenizer: Json; readonly config: Json };

const read = (name: string): Json => JSON.parse(readFileSync(new URL(name, stories260K.url), "utf8")) as Json;

/** What says how text becomes tokens; the vocabulary has so many parts that a change would nearly always meet it. */
const inRules = (tokenizer: Json): fc.Arbitrary<Json> => {
  const { model, ...rules } = tokenizer as { readonly model: Readonly<Record<string, Json>> } & Record<string, Json>;
  const { vocab, merges, ...others } = model;
  const lists = { vocab: vocab!, ...(merges !== undefined && { merges }) };
  return mutateJson({ ...rules, model: others }).map((changed) => {
    const kept = (changed as { readonly model?: Json } | null)?.model;
    const isObject = typeof kept === "object" && kept !== null && !Array.isArray(kept);
    return isObject ? { ...(changed as object), model: { ...kept, ...lists } } : changed;
  });
};

export const tokenizers = defineDoor<Seed>({
  name: "tokenizer files",
  seeds: () => [{ tokenizer: read("tokenizer.json"), config: read("tokenizer_config.json") }],
  mutate: ({ tokenizer, config }) =>
    fc.oneof(
      { weight: 3, arbitrary: inRules(tokenizer).map((changed) => ({ tokenizer: changed, config })) },
      { weight: 1, arbitrary: mutateJson(tokenizer).map((changed) => ({ tokenizer: changed, config })) },
      { weight: 1, arbitrary: mutateJson(config).map((changed) => ({ tokenizer, config: changed })) },
    ),
  call: (files) => {
    const { encode, decode } = textCodec(files);
    return decode(encode("Once upon a time, there were 3 little birds.\n\tÉtait-ce vrai? 日本 🐦"));
  },
});
