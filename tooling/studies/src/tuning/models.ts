import { dirname, join } from "node:path";

/** The folder of tuned models. Models of other weights or another text have another. */
export const modelsBeside = (results: string, subject: { readonly weights: string; readonly text: string }): string =>
  join(dirname(results), "models", `${subject.weights}-${subject.text}`);
