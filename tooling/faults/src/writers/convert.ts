import { join } from "node:path";
import { layCheckpoint } from "./model-files.ts";
import { ropewalk, type Writer } from "./writer.ts";

export const convert: Writer = {
  name: "convert",
  prepare: async (home) => layCheckpoint(join(home, "model")),
  args: () => ropewalk("convert", "model", "--quantize", "q4", "--output", "out/model"),
  unitOf: () => "model",
  bothSucceed: false,
};
