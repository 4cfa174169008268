/** transformers.js in Node. */
import { basename, dirname } from "node:path";
import { env } from "@huggingface/transformers";
import { serve } from "../serve.ts";
import { transformersJs } from "../transformers-js.ts";

env.allowRemoteModels = false;
await serve(({ model, threads }) => {
  env.localModelPath = dirname(model);
  return transformersJs(basename(model), { device: "cpu", threads });
});
