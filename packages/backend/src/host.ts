export { asHost, hostBuffer } from "./host-buffer.ts";
export { hostSession, whyNotLoaded, type RuntimeSession } from "./runtime.ts";
