/** A checkpoint of the Hugging Face hub, through the standard cache folder, for Node. */
export { openHub } from "./hub/open.ts";
export type { DownloadProgress, HubOptions } from "./hub/options.ts";
export { openSource, type SourceOptions } from "./hub/source.ts";
