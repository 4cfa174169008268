/** The entry `./files` in Node: files of the disk, by path. A browser gets the same names for the origin's private file system. */
export { withFile } from "./disk/with-file.ts";
export { writeFileWhole, type FileParts } from "./disk/write-file-whole.ts";
