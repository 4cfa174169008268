export { readState, removeStates, stateIn, writeState } from "./state/state-on-disk.ts";
