export { readState, removeStates, stateIn, writeState } from "./state/disk.ts";
