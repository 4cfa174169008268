/** What a browser gets for the entry `./hub`: the same names, and errors that say what to do there instead. */
import type * as Node from "../hub.ts";
import { needsNode } from "./needs-node.ts";

export type { DownloadProgress, HubOptions, SourceOptions } from "../hub.ts";

const instead = 'openUrl(new URL("https://huggingface.co/<owner>/<name>/resolve/main/"))';

export const openHub: typeof Node.openHub = (options) =>
  needsNode("openHub", "the hub's cache folder", instead, options.id);

export const openSource: typeof Node.openSource = (source) =>
  needsNode("openSource", "a model by its path or its id on the hub", `${instead} or inMemory`, source);
