/**
 * The layout of a repository's folder in the standard cache, which every library of the hub shares:
 *
 *     models--<owner>--<name>/refs/<revision>              the commit that the revision was last seen at
 *                             snapshots/<commit>/<file>    a link to ../../blobs/<hash>
 *                             blobs/<hash>                 the content; <hash>.incomplete: the beginning of a download
 *                             .no_exist/<commit>/<file>    empty: the commit has no such file
 */
import { link, mkdir, readFile, rm, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { statIfThere } from "../../disk/file-changes.ts";
import { writeFileWhole } from "../../disk/write-file-whole.ts";
import { checkCommit, isCommit } from "../hub-api.ts";

export const exists = async (path: string): Promise<boolean> => (await statIfThere(path)) !== undefined;

const write = async (path: string, text: string): Promise<void> =>
  void (await writeFileWhole("openHub", path, [new TextEncoder().encode(text)]));

export const snapshotOf = (folder: string, commit: string): string => join(folder, "snapshots", commit);

export const blobOf = (folder: string, hash: string): string => join(folder, "blobs", hash);

/** The commit that a revision was last seen at; undefined where the cache has nothing of it. */
export const cachedCommit = async (folder: string, revision: string): Promise<string | undefined> => {
  const ref = join(folder, "refs", revision);
  const commit = (await exists(ref)) ? checkCommit(ref, (await readFile(ref, "utf8")).trim()) : revision;
  return isCommit(commit) && (await exists(snapshotOf(folder, commit))) ? commit : undefined;
};

export const rememberCommit = async (folder: string, revision: string, commit: string): Promise<void> => {
  const ref = join(folder, "refs", revision);
  if (revision === commit || ((await exists(ref)) && (await readFile(ref, "utf8")) === commit)) return;
  await write(ref, commit);
};

const absenceOf = (folder: string, commit: string, file: string): string => join(folder, ".no_exist", commit, file);

export const isKnownAbsent = (folder: string, commit: string, file: string): Promise<boolean> =>
  exists(absenceOf(folder, commit, file));

export const rememberAbsent = (folder: string, commit: string, file: string): Promise<void> =>
  write(absenceOf(folder, commit, file), "");

/** Makes the snapshot's file point at its content. */
export const pointAt = async (blob: string, pointer: string): Promise<void> => {
  await mkdir(dirname(pointer), { recursive: true });
  try {
    await symlink(relative(dirname(pointer), blob), pointer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Windows lets few users make symbolic links. A hard link leads to the same content.
    if (code === "EPERM") return link(blob, pointer);
    if (code !== "EEXIST") throw error;
    // Another process made it first, or an old link leads nowhere.
    if (await exists(pointer)) return;
    await rm(pointer, { force: true });
    await pointAt(blob, pointer);
  }
};
