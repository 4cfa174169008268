/** The two models that bars of whole runs compare: the random Llama, plain and under SelfExtend. They share their weights. */
import type { Backend } from "@ropewalk/backend";
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel, type LanguageModel } from "@ropewalk/generation";
import { randomLlama } from "./random-llama.ts";

export type Models = { readonly plain: LanguageModel; readonly extended: LanguageModel };

const window = 1024;
const groupSize = 8;

export const loadModels = async (backend: Backend): Promise<Models> => {
  const plain = await loadModel(await randomLlama(), { backend });
  return { plain, extended: await plain.withExtension(selfExtend({ groupSize, window })) };
};
