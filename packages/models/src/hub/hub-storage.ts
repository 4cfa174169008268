/**
 * Where the files of one repository are kept: in Node the hub's cache folder (node/), in a browser the page's Cache Storage (../browser/).
 * Both have the same layout:
 *
 *     models--<owner>--<name>/refs/<revision>              the commit that the revision was last seen at
 *                             snapshots/<commit>/<file>    points to the content in blobs
 *                             blobs/<hash>                 the content
 *                             .no_exist/<commit>/<file>    empty: the commit has no such file
 */
import type { CheckpointFile } from "../folder/checkpoint-folder.ts";
import type { DownloadTarget } from "./download.ts";
import type { HubFile } from "./hub-api.ts";

export type HubStorage = {
  /** What errors and notices call it. */
  readonly name: string;
  /** The commit that a revision was last seen at; undefined where nothing of it is kept. */
  readonly commitOf: (revision: string) => Promise<string | undefined>;
  readonly rememberCommit: (revision: string, commit: string) => Promise<void>;
  readonly isKnownAbsent: (commit: string, file: string) => Promise<boolean>;
  readonly rememberAbsent: (commit: string, file: string) => Promise<void>;
  readonly has: (commit: string, file: string) => Promise<boolean>;
  /** A file that is kept. */
  readonly read: (commit: string, file: string) => Promise<CheckpointFile | undefined>;
  /** Keeps a file of a commit. Its content is downloaded, unless it is here already for another commit. */
  readonly keep: (
    commit: string,
    content: HubFile,
    download: (target: DownloadTarget) => Promise<void>,
  ) => Promise<void>;
};

/** The name of a repository's folder in the hub's cache. */
export const repositoryFolder = (id: string): string => ["models", ...id.split("/")].join("--");
