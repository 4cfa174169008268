import { join } from "node:path";
import { layExport } from "./model-files.ts";
import { ropewalk, type Writer } from "./writer.ts";

export const extend: Writer = {
  name: "extend",
  prepare: async (home) => layExport(join(home, "model"), 3e7),
  args: () => ropewalk("extend", "model", "--length", "200", "--output", "out/model"),
  unitOf: () => "model",
  bothSucceed: false,
};
