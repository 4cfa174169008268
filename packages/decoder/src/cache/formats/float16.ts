/** Keys and values in float16. Products read them in whole tiles. */
import { float16Tile } from "@ropewalk/attention-merge";
import { emitCast } from "@ropewalk/attention-merge/onnx";
import { denseFormat } from "./dense.ts";
import type { CacheFormat } from "./format.ts";

export const float16: CacheFormat = denseFormat({
  type: "float16",
  step: float16Tile,
  give: (tape) => (name, record) => {
    const whole = record();
    tape.output(name, emitCast(tape, whole, "float16", { output: name }));
    // The chunk attends to its own keys and values before they are rounded.
    return whole;
  },
  operators: ["plain"],
  forExports: false,
});
