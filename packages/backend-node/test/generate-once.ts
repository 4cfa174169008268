/** A program of its own: generates, on the backend that is named or in a worker, then lists the sockets that it holds. */
import { cpu } from "@ropewalk/backend-node";
import { webgpu } from "@ropewalk/backend-webgpu";
import { loadModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { isMainThread, Worker } from "node:worker_threads";

const descriptors = "/proc/self/fd";

const socketsOf = (): readonly string[] =>
  !existsSync(descriptors)
    ? []
    : readdirSync(descriptors).flatMap((descriptor) => {
        try {
          const link = readlinkSync(`${descriptors}/${descriptor}`);
          return link.startsWith("socket:") ? [link] : [];
        } catch {
          // The one that the listing itself held.
          return [];
        }
      });

const before = new Set(socketsOf());
const backend = process.argv[2] === "webgpu" ? webgpu() : cpu({ threads: 1 });
const generate = async (): Promise<number> => {
  const model = await loadModel(await openFolder(stories260K.url), { backend });
  let tokens = 0;
  for await (const token of model.generateTokens([1, 403, 407], { maxNewTokens: 10, stopTokens: [] }))
    tokens += token >= 0 ? 1 : 0;
  await model.release();
  return tokens;
};
const answer = async (): Promise<void> => {
  const problem = await backend.unavailable();
  const tokens = problem === undefined ? await generate() : 0;
  console.log(JSON.stringify({ problem, tokens, sockets: socketsOf().filter((socket) => !before.has(socket)) }));
};

// A worker's variables are not the process's: what the main thread has imported must be enough.
if (isMainThread && process.argv[2] === "worker") await once(new Worker(new URL(import.meta.url)), "exit");
else await answer();
