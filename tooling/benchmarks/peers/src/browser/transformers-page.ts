/** transformers.js in a page. */
import { env } from "@huggingface/transformers";
import { transformersJs } from "../transformers-js.ts";
import { offer } from "./page.ts";

offer(({ model, threads }) => {
  const { pathname, origin } = new URL(model);
  const at = pathname.lastIndexOf("/");
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.useBrowserCache = false;
  env.localModelPath = pathname.slice(0, at + 1);
  Object.assign(env.backends.onnx.wasm!, { numThreads: threads, wasmPaths: `${origin}/transformers/` });
  return transformersJs(pathname.slice(at + 1), { device: "wasm", threads });
});
