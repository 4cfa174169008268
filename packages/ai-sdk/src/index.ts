export { ropewalk, type Runnable } from "./language-model.ts";
export { ropewalkOptions, type RopewalkOptions, type RopewalkSettings } from "./options.ts";
