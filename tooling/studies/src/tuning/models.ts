import { dirname, join } from "node:path";

/** Where tuned models are kept, those of other weights or another text apart. */
export const modelsBeside = (results: string, subject: { readonly weights: string; readonly text: string }): string =>
  join(dirname(results), "models", `${subject.weights}-${subject.text}`);
