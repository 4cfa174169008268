export { readState, removeStates, savedSteps, writeState } from "./state/state-on-disk.ts";
