/** Where a model comes from, as a value that the page sends to its worker. */
import type { FileLike } from "@ropewalk/models";

/** A file and its place, which begins with the name of its folder: a dropped file does not know it. */
export type FileInPlace = { readonly path: string; readonly file: File };

/** The file as `openFiles` takes those of a chosen folder. */
export const inPlace = ({ path, file }: FileInPlace): FileLike => ({
  name: file.name,
  webkitRelativePath: path,
  size: file.size,
  slice: (from, to) => file.slice(from, to),
});

export type ModelOrigin =
  /** A trained model that is part of the page. */
  | { readonly kind: "shipped"; readonly name: string }
  /** A random checkpoint of a family, made on request. */
  | { readonly kind: "preset"; readonly name: string }
  /** Dropped or chosen files. */
  | { readonly kind: "files"; readonly name: string; readonly files: readonly FileInPlace[] }
  /** The address of a folder. */
  | { readonly kind: "url"; readonly href: string };
