import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { layText, modelFolders } from "./model-files.ts";
import { ropewalk, type Writer } from "./writer.ts";

const args = [
  ...["--data", "text.txt", "--length", "64", "--batch-size", "1", "--samples", "4", "--steps", "5"],
  ...["--save-every", "1", "--learning-rate", "1e-3", "--json", "--output", "out/tuned"],
];

const hasStates = (home: string): boolean => {
  const states = join(home, "out/tuned.training");
  return existsSync(states) && readdirSync(states).some((name) => name.startsWith("step-"));
};

/** A training of five steps, each of which is kept. A run that finds a state goes on from it, and gives what one run gives, to the byte. */
export const finetune: Writer = {
  name: "finetune",
  prepare: async (home) => layText(join(home, "text.txt"), 40),
  args: (home) => ropewalk("finetune", modelFolders.stories, ...args, ...(hasStates(home) ? ["--resume"] : [])),
  unitOf: (file) => (file.startsWith("tuned/") ? "tuned" : undefined),
  bothSucceed: false,
};
