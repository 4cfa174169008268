/** A file by its path, for Node: on the disk. A browser gets the same names for the origin's private file system. */
export { withFile } from "./disk/with-file.ts";
export { writeFileWhole, type FileParts } from "./disk/write-file-whole.ts";
