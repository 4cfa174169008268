import { takeTurns, type InTurn } from "@ropewalk/backend/host";

/**
 * The runtime is one per process, in the browser one at a time can wait for the device: sessions are made and run one after
 * another, whoever asks.
 */
export const inTurn: InTurn = takeTurns();
