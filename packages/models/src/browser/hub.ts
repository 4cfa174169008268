/**
 * The entry `./hub` in a browser: the same functions. Files are kept in the page's Cache Storage. A path, which needs a disk, is an error that
 * says what to take instead.
 */
import { check } from "@ropewalk/check";
import type * as Node from "../hub.ts";
import { checkSourceOptions, hubFrom, type Platform } from "../hub/hub-options.ts";
import { openRepository } from "../hub/open-repository.ts";
import { looksLikePath, parseRepositoryName } from "../hub/repository-name.ts";
import { pageCacheStorage } from "./hub-page-cache.ts";
import { needsNode } from "./needs-node.ts";

export type { DownloadProgress, HubOptions, SourceOptions } from "../hub.ts";

/** A page has no environment. */
const page: Platform = { environment: {}, warn: (notice) => console.warn(notice) };

export const openHub: typeof Node.openHub = async (options) => {
  const hub = hubFrom(options, page);
  return openRepository(hub, pageCacheStorage(hub, options.cacheFolder ?? "ropewalk-hub"));
};

export const openSource: typeof Node.openSource = async (source, options = {}) => {
  check(typeof source === "string", "openSource: source must be a path or an id", source, "string");
  checkSourceOptions(options);
  if (looksLikePath(source) || source.startsWith("ollama:"))
    return needsNode("openSource", "the path of a folder", "openUrl or inMemory", source);
  return openHub({ ...options, ...parseRepositoryName(source) });
};
