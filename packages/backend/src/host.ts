export { externalFiles, type ExternalFiles } from "./external-files.ts";
export { asHost, hostBuffer } from "./host-buffer.ts";
export { hostSession, reason, whyNotLoaded, type RuntimeSession } from "./runtime.ts";
export { startInPage } from "./start-in-page.ts";
export { hostTraits } from "./traits.ts";
export { stopTelemetry } from "./telemetry.ts";
export { takeTurns, type InTurn } from "./turns.ts";
export { untilReleased } from "./until-released.ts";
