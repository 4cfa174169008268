/** A process that loads an extended model, prints that it did, and ends or waits: `node end-process.ts <models> <folder> <end>`. */
import { env } from "@huggingface/transformers";
import { selfExtend } from "@ropewalk/context-extension";
import { load } from "@ropewalk/testing/transformers-js";
import { extendModels } from "../src/index.ts";

const [models = "", folder = "", end] = process.argv.slice(2);
Object.assign(env, { allowRemoteModels: false, localModelPath: `${models}/` });
extendModels(env, { extension: selfExtend({ groupSize: 4, window: 16 }), folder, onNotice: () => {} });
const model = await load("passkey");
// Printed when transformers.js is done and this process still runs.
if (end === "wait") setInterval(() => {}, 1000);
else setTimeout(() => void model.dispose(), 300);
console.log("loaded");
