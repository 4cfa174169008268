export { asHost, hostBuffer } from "./host-buffer.ts";
export { hostSession, reason, type RuntimeSession } from "./runtime.ts";
export { hostTraits } from "./traits.ts";
