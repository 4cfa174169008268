export { asHost, hostBuffer } from "./host-buffer.ts";
export { hostSession, type RuntimeSession } from "./runtime.ts";
