/** The backends that tests run on, and the shipped models loaded on one of them. */
import type { Backend } from "@ropewalk/backend";
import { cpu } from "@ropewalk/backend-node";
import { wasm } from "@ropewalk/backend-wasm";
import { openFolder } from "@ropewalk/models/node";
import { loadModel, type LanguageModel } from "../src/index.ts";

export const backends: readonly Backend[] = [cpu({ threads: 1 }), wasm()];

export const load = async (backend: Backend, model: { readonly url: URL }): Promise<LanguageModel> =>
  loadModel(await openFolder(model.url), { backend });
