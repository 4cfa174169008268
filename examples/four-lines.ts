/** A model with a window of 512 tokens reads 3,200. */
import { cpu } from "@ropewalk/backend-node";
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel } from "@ropewalk/generation";
import { stories260K } from "@ropewalk/tiny-models";

const extension = selfExtend({ groupSize: 8, window: 128 });
const model = await loadModel(stories260K.url, { backend: cpu(), extension });
for await (const text of model.generate("Once upon a time", { maxNewTokens: 27 })) process.stdout.write(text);
process.stdout.write(`\nlongest run: ${model.extended.capacity} tokens\n`);
