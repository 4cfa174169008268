/**
 * A process whose worker ends while two texts are told in it: `with-dying-worker.ts <worker's file> <folder> <how> <milliseconds>`. Says what the
 * two calls are rejected with, and a call behind them.
 */
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { connectWorker } from "@ropewalk/generation/worker";
import { rejectionOf } from "@ropewalk/testing/thrown";
import type { Dying } from "./dying-worker.ts";

const [file = "", folder = "", how = "", milliseconds = ""] = process.argv.slice(2);
const after = Number(milliseconds);
const worker = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: 120 } });
const connection = connectWorker(worker);
const own: Dying = { folder, how, after };
const loading = connection.loadModel({ own }, { backend: { name: "cpu", options: { threads: 1 } } });

if (how === "is terminated in a run") void loading.then(() => setTimeout(after)).then(() => worker.terminate());

let pausing = 0;
const gone = new Promise<unknown>((resolve) => worker.once("exit", resolve));
/** Nothing is computed once both texts wait here: a worker goes on with a text when its next token is asked for. */
const pause = async (): Promise<void> => {
  pausing += 1;
  if (pausing === 2) void worker.terminate();
  await gone;
};

const tell = async (): Promise<void> => {
  const model = await loading;
  const options = { stopTokens: [], maxNewTokens: 100_000, beyondCapacity: "allow" } as const;
  const tokens = model.generateTokens([1, 403, 407], options)[Symbol.asyncIterator]();
  const pauseAt = how === "is terminated between runs" ? performance.now() + after : Infinity;
  while (performance.now() < pauseAt) await tokens.next();
  await pause();
  await tokens.next();
};
const said = await Promise.all([tell(), tell()].map(rejectionOf));
process.send!([...said, await rejectionOf(connection.openModel({ own }))]);
process.disconnect();
