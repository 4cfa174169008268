/** Ropewalk in a page. */
import { wasm } from "@ropewalk/backend-wasm";
import { inMemory } from "@ropewalk/models";
import { ropewalk } from "../ropewalk.ts";
import { offer } from "./page.ts";

const files = ["config.json", "model.safetensors"];

offer(async ({ model, threads, cache }) => {
  const contents: Record<string, Uint8Array> = {};
  for (const file of files) contents[file] = new Uint8Array(await (await fetch(`${model}/${file}`)).arrayBuffer());
  return ropewalk(inMemory("ropewalk", contents), { backend: wasm({ threads }), cache });
});
