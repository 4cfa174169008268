/** A thread that serves models, and ends in a given way so many milliseconds after it was asked to. */
import { cpu } from "@ropewalk/backend-node";
import { serveModels } from "@ropewalk/generation/worker";
import { openFolder } from "@ropewalk/models/node";
import { parentPort } from "node:worker_threads";

const all: unknown[] = [];

const ends: Readonly<Record<string, () => void>> = {
  exits: () => process.exit(5),
  throws: () => {
    throw new RangeError("out of it");
  },
  "takes all memory": () => {
    for (;;) all.push(new Array(100_000).fill(all.length));
  },
};

export type Dying = { readonly folder: string; readonly how: string; readonly after: number };

serveModels({
  backends: { cpu },
  open: ({ folder, how, after }: Dying) => {
    const end = ends[how];
    if (end !== undefined) setTimeout(end, after);
    return openFolder(folder);
  },
  port: parentPort,
});
