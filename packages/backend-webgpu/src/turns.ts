import { takeTurns, type InTurn } from "@ropewalk/backend/host";

/**
 * The queue of all sessions. There is one runtime for each process, and in a browser only one call can wait for the device at a
 * time. So sessions are made and run one after another.
 */
export const inTurn: InTurn = takeTurns();
