/** transformers.js in Node, its model on the project's cache. */
import { basename, dirname } from "node:path";
import { env } from "@huggingface/transformers";
import { extendModels, withRopewalk } from "@ropewalk/transformers-js";
import { serve } from "../serve.ts";
import { transformersJs } from "../transformers-js.ts";

env.allowRemoteModels = false;
await serve(({ model, threads }) => {
  env.localModelPath = dirname(model);
  extendModels(env, { extension: {}, runtime: "ropewalk" });
  return transformersJs(basename(model), { device: "cpu", threads, adapt: withRopewalk });
});
