export { passkeyCell, type PasskeyCell } from "./passkey.ts";
export { passkeyPrompt, type PasskeyPlace, type PasskeyPrompt } from "./passkey-prompt.ts";
export { englishPasskey, passkeyIn, type PasskeyLanguage, type PasskeyTask } from "./passkey-task.ts";
