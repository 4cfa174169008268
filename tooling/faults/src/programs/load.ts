/**
 * Opens a model's folder, says so, and loads it when it is told to, which may be late: `load.ts <folder>`. Prints what it says for three tokens,
 * or the error.
 */
import { once } from "node:events";
import { cpu } from "@ropewalk/backend-node";
import { loadModel, openModel } from "@ropewalk/generation";

const [folder = ""] = process.argv.slice(2);
try {
  const opened = await openModel(folder);
  process.send!("opened");
  await once(process, "message");
  const model = await loadModel(opened, { backend: cpu({ threads: 1 }) });
  const tokens: number[] = [];
  for await (const token of model.generateTokens([1, 403, 407], { stopTokens: [], maxNewTokens: 20 }))
    tokens.push(token);
  process.send!(`told ${String(tokens)}`);
  await model.release();
} catch (error) {
  process.send!(String(error));
}
process.disconnect();
