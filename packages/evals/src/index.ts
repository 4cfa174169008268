export { passkeyCell, type PasskeyCell } from "./passkey.ts";
export { passkeyPrompt, type PasskeyPlace, type PasskeyPrompt } from "./passkey-prompt.ts";
export {
  englishPasskey,
  passkeyIn,
  type PasskeyLanguage,
  type PasskeyOptions,
  type PasskeyTask,
} from "./passkey-task.ts";
export {
  perplexity,
  type MeanLoss,
  type Perplexity,
  type PerplexityBucket,
  type PerplexityOptions,
} from "./perplexity.ts";
export { tokenLosses, type LossModel } from "./token-losses.ts";
export { tokenStream, type TokenStream } from "./token-stream.ts";
export type { Windows } from "./windows.ts";
