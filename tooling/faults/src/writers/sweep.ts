import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { modelFolders } from "./model-files.ts";
import { ropewalk, type Writer } from "./writer.ts";

const plan = {
  models: [modelFolders.passkey],
  methods: ["none", { method: "self-extend", groupSize: [4, 8], window: 64 }],
  evaluations: [{ kind: "passkey", length: [96, 112], depth: [0.1, 0.9], trials: 1, seed: 1 }],
};

const hashesIn = (text: string): readonly string[] =>
  text
    .trimEnd()
    .split("\n")
    .flatMap((line) => (JSON.parse(line) as { readonly hash?: string }).hash ?? []);

/** Twelve cells, a line each, and the report. A run that finds lines goes on behind them. */
export const sweep: Writer = {
  name: "sweep",
  prepare: async (home) => writeFileSync(join(home, "plan.json"), JSON.stringify(plan)),
  args: () =>
    ropewalk("sweep", "plan.json", "--workers", "1", "--output", "out/cells.jsonl", "--report", "out/cells.html"),
  unitOf: (file) => (file.endsWith(".html") ? file : undefined),
  bothSucceed: false,
  // Cells end in any order, and each states how long it took.
  contentOf: (file, bytes) =>
    file.endsWith(".jsonl") ? String(hashesIn(bytes.toString()).toSorted()) : bytes.toString(),
};
