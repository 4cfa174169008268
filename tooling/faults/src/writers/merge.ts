import { cpSync } from "node:fs";
import { join } from "node:path";
import { sweep } from "./sweep.ts";
import { finish, ropewalk, type Writer } from "./writer.ts";

const part = (index: number): Writer => ({
  ...sweep,
  args: () =>
    ropewalk("sweep", "plan.json", "--workers", "1", "--shard", `${index}/2`, "--output", `part-${index}.jsonl`),
});

/** Parts of a sweep are joined, in place of the first part. */
export const merge: Writer = {
  name: "merge",
  prepare: async (home) => {
    await sweep.prepare(home);
    for (const index of [1, 2]) await finish(part(index), home);
    cpSync(join(home, "part-1.jsonl"), join(home, "out/all.jsonl"));
  },
  args: () => ropewalk("sweep", "merge", "part-1.jsonl", "part-2.jsonl", "--output", "out/all.jsonl"),
  unitOf: (file) => file,
  bothSucceed: true,
};
