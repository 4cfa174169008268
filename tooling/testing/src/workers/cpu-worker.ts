/** Serves models on the CPU from a thread of Node. A model can be asked for that ends the thread, at once or by an error. */
import { cpu } from "@ropewalk/backend-node";
import { serveModels } from "@ropewalk/generation/worker";
import { inMemory } from "@ropewalk/models";
import { parentPort } from "node:worker_threads";

serveModels({
  backends: { cpu, none: () => undefined as never },
  open: (data: "exit" | "throw" | Readonly<Record<string, Uint8Array>>) => {
    if (data === "exit") process.exit(3);
    if (data === "throw")
      return new Promise(() => {
        setImmediate(() => {
          throw new RangeError("out of it");
        });
      });
    return inMemory("given", data);
  },
  port: parentPort,
});
