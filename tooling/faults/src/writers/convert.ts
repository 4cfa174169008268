import { join } from "node:path";
import { layLargeCheckpoint } from "@ropewalk/testing/checkpoints/large-checkpoint";
import { ropewalk, type Writer } from "./writer.ts";

export const convert: Writer = {
  name: "convert",
  prepare: async (home) => void layLargeCheckpoint(join(home, "model")),
  args: () => ropewalk("convert", "model", "--quantize", "q4", "--output", "out/model"),
  unitOf: () => "model",
  bothSucceed: false,
};
