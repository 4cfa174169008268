/** The shipped stories with a chat template, which they do not have: what the tests ask. */
import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { inMemory } from "@ropewalk/models";
import { stories260K } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";

const template =
  "{{ bos_token }}{% for message in messages %}{% if message.role not in ['system', 'user', 'assistant'] %}" +
  "{{ raise_exception('no such role: ' + message.role) }}{% endif %}" +
  "{% if message.role == 'system' and not loop.first %}{{ raise_exception('system comes first') }}{% endif %}" +
  "{{ message.role }}: {{ message.content }}\n" +
  "{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}";

const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];

export const chattyFiles = (): Readonly<Record<string, Uint8Array>> => ({
  ...Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, stories260K.url)))])),
  "chat_template.jinja": new TextEncoder().encode(template),
});

export const loadStories = (): Promise<LanguageModel> =>
  loadModel(inMemory("stories", chattyFiles()), {
    backend: cpu({ threads: 1 }),
    extension: selfExtend({ groupSize: 4, window: 128 }),
  });

/** What a model says itself. */
export const said = async (model: LanguageModel, ...run: Parameters<LanguageModel["generate"]>): Promise<string> => {
  let text = "";
  for await (const piece of model.generate(...run)) text += piece;
  return text;
};
