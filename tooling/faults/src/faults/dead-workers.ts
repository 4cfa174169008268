import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { connectWorker } from "@ropewalk/generation/worker";
import { rejectionOf } from "@ropewalk/testing/thrown";
import type { Trial } from "@ropewalk/testing/trials";
import type { Dying } from "../programs/dying-worker.ts";
import { modelFolders } from "../writers/model-files.ts";

const rounds = 10;

// The runtime reads it in a worker, where it cannot be set.
process.env["ORT_DISABLE_TELEMETRY"] = "1";

/** How a worker ends, and what its calls are rejected with. The last is done from outside. */
const ends: Readonly<Record<string, RegExp>> = {
  exits: /ended with the exit code 5$/,
  throws: /failed: out of it$/,
  "takes all memory": /failed: Worker terminated due to reaching memory limit/,
  "is terminated": /ended with the exit code \d$/,
};

/** What is said of two texts that are told when the worker ends; and of a call behind that. */
const sayings = async (how: string, after: number): Promise<readonly string[]> => {
  const worker = new Worker(new URL("../programs/dying-worker.ts", import.meta.url), {
    execArgv: ["--conditions=@ropewalk/source"],
    resourceLimits: { maxOldGenerationSizeMb: 120 },
  });
  const connection = connectWorker(worker);
  const own: Dying = { folder: modelFolders.stories, how, after };
  const backend = { name: "cpu", options: { threads: 1 } };
  const loading = connection.loadModel({ own }, { backend });
  if (how === "is terminated") void loading.then(() => setTimeout(after)).then(() => worker.terminate());
  const tell = async (): Promise<void> => {
    const model = await loading;
    const options = { stopTokens: [], maxNewTokens: 100_000, beyondCapacity: "allow" } as const;
    for await (const _ of model.generateTokens([1, 403, 407], options));
  };
  const said = await Promise.all([tell(), tell()].map(rejectionOf));
  return [...said, await rejectionOf(connection.openModel({ own }))];
};

export const deadWorkers: Trial = {
  name: "dead workers",
  bar: "every call that waits, and each behind it, is rejected with what ended the worker",
  run: async (scale) => {
    const all = Math.ceil(scale * rounds);
    const wrong: string[] = [];
    let rejected = 0;
    for (const [how, words] of Object.entries(ends))
      for (let round = 0; round < all; round++)
        for (const said of await sayings(how, 400 * Math.random()))
          if (words.test(said) && said.includes("the worker must be alive")) rejected += 1;
          else wrong.push(`${how}: ${said}`);
    return {
      figure: `${rejected} calls of ${Object.keys(ends).length * all} workers rejected; wrong: ${wrong.length === 0 ? "none" : wrong.join("; ")}`,
      holds: wrong.length === 0,
    };
  },
};
