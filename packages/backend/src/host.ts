export { asHost, hostBuffer, hostBufferTypes } from "./host-buffer.ts";
export { hostSession, reason, type RuntimeSession } from "./runtime.ts";
