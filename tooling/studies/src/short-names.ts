import type { RecipeName } from "@ropewalk/finetune";

/** Names of the methods that fit into a column. */
export const shortNames: Readonly<Record<"plain" | RecipeName, string>> = {
  plain: "plain",
  "entropy-abf": "E-ABF",
  abf: "ABF",
  "position-interpolation": "PI",
  "ntk-by-parts": "NTK-parts",
  yarn: "YaRN",
};
