/** What another wrote, a template or a tokenizer, run where it may take 300 MB and 2 seconds of a processor's time. */
import { Worker } from "node:worker_threads";

export type Task =
  | { readonly kind: "template"; readonly template: string; readonly messages: unknown }
  | { readonly kind: "tokenizer"; readonly tokenizer: string; readonly config: string; readonly text: string };

type Outcome = { readonly said: string; readonly seconds: number };

const mostSeconds = 2;
const mostMegabytes = 300;
/** Until a run is given up that would never end; other work on the machine may slow it. */
const patience = 10_000;

export const startLimits = () => {
  const start = (): Worker =>
    new Worker(new URL("limits-worker.ts", import.meta.url), {
      execArgv: ["--conditions=@ropewalk/source", "--disable-warning=ExperimentalWarning"],
      resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
    });
  let worker = start();
  const ask = (task: Task): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      const asked = worker;
      const fail = (error: unknown) => {
        clearTimeout(timer);
        worker = start();
        reject(error);
      };
      const timer = setTimeout(() => {
        asked.off("error", fail);
        void asked.terminate();
        fail(new Error(`not ended after ${patience} ms`));
      }, patience);
      asked.once("message", (outcome: Outcome) => {
        clearTimeout(timer);
        asked.off("error", fail);
        resolve(outcome);
      });
      // More memory than it may have ends the thread.
      asked.once("error", fail);
      asked.postMessage(task);
    });
  return {
    /** What the run gave, `ok: …`, or its error. */
    run: async (task: Task): Promise<string> => {
      const { said, seconds } = await ask(task);
      if (seconds > mostSeconds) throw new Error(`took ${seconds} s: ${said}`);
      return said;
    },
    stop: () => worker.terminate(),
  };
};
