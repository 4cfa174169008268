/** A checkpoint of the Hugging Face hub, through the standard cache folder, for Node. */
export { openHub } from "./hub/open-hub.ts";
export type { DownloadProgress, HubOptions } from "./hub/hub-options.ts";
export { openSource, type SourceOptions } from "./hub/open-source.ts";
