/** The entry `./hub` in Node: models of the Hugging Face hub, through the standard cache folder. A browser gets the same names for a page's cache. */
export type { DownloadProgress, HubOptions, SourceOptions } from "./hub/hub-options.ts";
export { openHub } from "./hub/node/open-hub.ts";
export { openSource } from "./hub/node/open-source.ts";
