/** A small model that tells stories, with a chat template, in this thread and in a worker. */
import { cpu } from "@ropewalk/backend-node";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { connectWorker, type WorkerModel } from "@ropewalk/generation/worker";
import { inMemory } from "@ropewalk/models";
import { startCpuWorker } from "@ropewalk/testing/workers/start-worker";
import { stories260K } from "@ropewalk/tiny-models";
import { readFileSync } from "node:fs";

const template =
  "{{ bos_token }}{% for message in messages %}{% if message.role == 'wizard' %}{{ raise_exception('no wizards') }}{% endif %}" +
  "<|{{ message.role }}|>{{ message.content }}\n{% endfor %}{% if add_generation_prompt %}Once upon a time{% endif %}";

const names = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"];
const files = Object.fromEntries(
  names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, stories260K.url)))]),
);
const plainFolder = inMemory("stories", files);
const chatFiles = { ...files, "chat_template.jinja": new TextEncoder().encode(template) };

export type Models = {
  readonly here: LanguageModel;
  readonly there: WorkerModel;
  /** Without a chat template. */
  readonly plain: LanguageModel;
  readonly release: () => Promise<unknown>;
};

export const loadModels = async (): Promise<Models> => {
  const backend = cpu({ threads: 1 });
  const worker = startCpuWorker();
  const here = await loadModel(inMemory("stories", chatFiles), { backend });
  const plain = await loadModel(plainFolder, { backend });
  const there = await connectWorker(worker).loadModel(
    { own: chatFiles },
    { backend: { name: "cpu", options: { threads: 1 } } },
  );
  return {
    here,
    there,
    plain,
    release: async () => {
      await Promise.all([here.release(), plain.release(), there.release()]);
      await worker.terminate();
    },
  };
};
