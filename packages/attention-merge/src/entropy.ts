export { mergeEntropy, type PartialEntropy } from "./merge-entropy.ts";
