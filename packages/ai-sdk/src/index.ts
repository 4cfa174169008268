export { ropewalk, type Runnable } from "./language-model.ts";
export type { MoreSampling } from "./settings.ts";
export { ropewalkOptions, type RopewalkOptions, type RopewalkSettings } from "./generate-options.ts";
