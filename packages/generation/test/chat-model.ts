/** Small random models with a tokenizer and a template: letters are tokens, and so are the borders of turns. */
import { inMemory, type CheckpointFolder } from "@ropewalk/models";

const specials = ["<unk>", "<s>", "<|end|>", "<|start|>"];

/** What a byte-level vocabulary has for a letter. */
const letters = [..." \nabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?'-<>/|"].map((letter) =>
  letter === " " ? "Ġ" : letter === "\n" ? "Ċ" : letter,
);

const tokenizer = {
  version: "1.0",
  normalizer: null,
  post_processor: null,
  added_tokens: specials.map((content, id) => ({ id, content, special: true, normalized: false })),
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
  decoder: { type: "ByteLevel" },
  model: {
    type: "BPE",
    vocab: Object.fromEntries([...specials, ...letters].map((token, id) => [token, id])),
    merges: [],
    unk_token: "<unk>",
  },
};

/** Of any role; a thought is left out of answers that were given. */
export const template =
  "{{ bos_token }}{% for m in messages %}" +
  "{% if m.role == 'wizard' %}{{ raise_exception('no such role: ' + m.role) }}{% endif %}" +
  "<|start|>{{ m.role }}\n{{ m.content.split('</t>')[-1] }}{{ eos_token }}\n{% endfor %}" +
  "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}";

const asBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** The folder with that tokenizer. */
export const withTokenizer = (folder: CheckpointFolder): CheckpointFolder => {
  const added = inMemory("added", {
    "tokenizer.json": asBytes(tokenizer),
    "tokenizer_config.json": asBytes({ bos_token: "<s>", eos_token: "<|end|>", chat_template: template }),
  });
  return { name: folder.name, file: async (name) => (await added.file(name)) ?? folder.file(name) };
};
