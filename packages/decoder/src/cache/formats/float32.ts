/** Keys and values in float32. */
import { denseFormat } from "./dense.ts";
import type { CacheFormat } from "./format.ts";

export const float32: CacheFormat = denseFormat({
  type: "float32",
  step: 1,
  give: (tape) => (name, record) => tape.output(name, record({ output: name })),
  operators: ["all", "plain"],
  forExports: true,
});
